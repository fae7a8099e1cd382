"""Exchanges of a window, in columns of codes, and the sums that the signals' statistics make of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerting.signal_statistics import BodyBytes, FailedExchanges, FirstRequests, SignalStatistic
from stats.statistic import Unit
from store.bins import BINS, summed
from store.distribution import bins_of
from store.sums import AMOUNTS, BYTES, COUNT, NOTHING, ClosedBucket, KeyedSums, StatisticSums
from traffic.finding import Finding
from traffic.records import CLOSED, COMPLETE

OUTCOMES: Final[tuple[tuple[int | None, str], ...]] = (
    (200, COMPLETE),
    (404, COMPLETE),
    (401, COMPLETE),
    (403, COMPLETE),
    (500, COMPLETE),
    (503, COMPLETE),
    (None, CLOSED),
)
"""Status and ending by code."""
FINE, ABSENT, UNAUTHORISED, FORBIDDEN, FAILED, UNAVAILABLE, NO_ANSWER = range(7)


@dataclass
class Exchanges:
    """One row an exchange; texts are codes into the site's names."""

    client: NDArray[np.int64]
    section: NDArray[np.int64]
    server: NDArray[np.int64]
    agent: NDArray[np.int64]
    outcome: NDArray[np.int64]
    seconds: NDArray[np.float64]
    size: NDArray[np.int64]
    first: NDArray[np.bool_]
    """Whether it is the first of its connection."""

    @classmethod
    def joined(cls, parts: "Sequence[Exchanges]") -> "Exchanges":
        """Return the rows of all parts."""
        names = list(cls.__dataclass_fields__)
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class Names:
    """Names by code, which grow while traffic is made."""

    def __init__(self, sections: Sequence[str], servers: Sequence[str]) -> None:
        self.client: list[str] = []
        self.section = list(sections)
        self.server = list(servers)
        self.agent: list[str] = []
        self.outcome = OUTCOMES


_COLUMNS: Final = {
    "client": ("client",),
    "section": ("section",),
    "server": ("server",),
    "server_port": (),
    "user_agent": ("agent",),
    "status": ("outcome",),
    "ending": (),
    "grpc_status": (),
    "severity": (),
    "rule": (),
}
"""Codes that the columns of a statistic follow from; those of a server, and of an outcome, come together."""


class Counted:
    """Counts exchanges for one statistic, as the store does: it calls `key` once for each combination of values."""

    def __init__(self, statistic: SignalStatistic, names: Names) -> None:
        self._statistic = statistic
        self._names = names
        self._codes = list(dict.fromkeys(code for column in statistic.columns for code in _COLUMNS[column]))
        self._keys: list[str] = []
        self._key_of: dict[int, int] = {}
        self._numbers: dict[str, int] = {}

    def of(self, rows: Exchanges) -> StatisticSums:
        """Return the sums of a window."""
        chosen = self._where(rows)
        code = np.zeros(len(rows.client), np.int64)
        for name in self._codes:
            code = code * 100_000 + getattr(rows, name)
        if chosen is not None:
            code = code[chosen]
        combinations, place = np.unique(code, return_inverse=True)
        keys = np.array([self._key(each) for each in combinations.tolist()], np.int64)
        own = keys[place] if len(keys) else place
        counts = np.bincount(own[own >= 0], minlength=len(self._keys))
        used = np.flatnonzero(counts)
        amounts = np.zeros((AMOUNTS, len(used)), np.int64)
        amounts[COUNT] = counts[used]
        if self._statistic.unit is Unit.BYTES:
            sizes = rows.size if chosen is None else rows.size[chosen]
            amounts[BYTES] = np.bincount(own[own >= 0], sizes[own >= 0], len(self._keys))[used].astype(np.int64)
        codes = hits = np.zeros(0, np.int64)
        if self._statistic.timed:
            numbers = np.zeros(len(self._keys) or 1, np.int64)
            numbers[used] = np.arange(len(used))
            timed = (own >= 0) & ~np.isnan(rows.seconds)
            codes, hits = summed(numbers[own[timed]] * BINS + bins_of(rows.seconds[timed]))
        names = [self._keys[each] for each in used.tolist()]
        return StatisticSums(self._statistic.name, KeyedSums(names, amounts, codes, hits), NOTHING)

    def _where(self, rows: Exchanges) -> NDArray[np.bool_] | None:
        if self._statistic.record is Finding:
            return np.zeros(len(rows.client), np.bool_)
        if isinstance(self._statistic, FirstRequests):
            return rows.first
        if isinstance(self._statistic, FailedExchanges):
            return np.asarray(rows.outcome != FINE)
        if isinstance(self._statistic, BodyBytes):
            return np.asarray(rows.outcome != NO_ANSWER)
        return None

    def _key(self, code: int) -> int:
        known = self._key_of.get(code)
        if known is None:
            known = self._key_of[code] = self._number(code)
        return known

    def _number(self, code: int) -> int:
        values, left = {}, code
        for name in reversed(self._codes):
            left, values[name] = divmod(left, 100_000)
        key = self._statistic.key(*(self._value(column, values) for column in self._statistic.columns))
        if key is None:
            return -1
        if key not in self._numbers:
            self._numbers[key] = len(self._keys)
            self._keys.append(key)
        return self._numbers[key]

    def _value(self, column: str, values: dict[str, int]) -> Any:
        names = self._names
        if column in ("status", "ending"):
            return names.outcome[values["outcome"]][column == "ending"]
        if column == "grpc_status":
            return None
        if column == "server_port":
            return 80
        code = _COLUMNS[column][0]
        return getattr(names, code)[values[code]]


class Counters:
    """Counts for all statistics of some signals."""

    def __init__(self, statistics: Sequence[SignalStatistic], names: Names) -> None:
        self._counted = [Counted(each, names) for each in statistics]

    def bucket(self, start: float, width: float, rows: Exchanges) -> ClosedBucket:
        """Return what the store would have counted."""
        return ClosedBucket(start, width, tuple(each.of(rows) for each in self._counted))

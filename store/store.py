"""The store: records in, sums per bucket, statistic and key out.

Buckets are `bucket_size` seconds wide and aligned to the epoch. Time is that of the records, and `now` is what the
caller says it is; it goes forward only.
"""

import heapq
import traceback
from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import Any, Final, NamedTuple

from stats.statistic import Statistic, Unit
from store.curves import Curve
from store.sums import Sums, Top, TopRow
from store.tally import COUNT, TOTAL, Tally
from store.window import Window

OTHER: Final = "(other)"
"""The key of all that is in no row."""
ENOUGH: Final = 5
"""Measurements that an average needs to rank among the slowest: one slow hit says little."""
NANOSECONDS: Final = 10**9
"""Seconds are added up in these."""
LATEST: Final = 1e11
"""The year 5138. A time beyond it is damage."""
MAX_OPEN: Final = 64
"""Buckets that are counted into at a time."""


class Failure(NamedTuple):
    """A plug-in that raised, and is switched off."""

    name: str
    text: str
    """The traceback."""


class Counter(NamedTuple):
    """What a record goes through for one statistic in one bucket."""

    key_of: Callable[[Any], str | None]
    find: Callable[[str], list[int] | None]
    enter: Callable[[object], list[int]]
    amount_of: Callable[[Any], int] | None
    number: int


class Bucket:
    """A bucket that is not closed yet: a tally of each statistic, and by type of record what counts it."""

    __slots__ = ("counters", "tallies")

    def __init__(self, tallies: list[Tally], counters: dict[type, list[Counter]]) -> None:
        self.tallies = tallies
        self.counters = counters


class Store:
    """Sums of `statistics` over `retention` seconds, with at most 2 x `max_keys` keys apart in each.

    What it holds in memory is bounded, see `store.window`; `max_cells` is the larger part of it, 24 bytes each.
    """

    def __init__(
        self,
        statistics: Sequence[Statistic],
        bucket_size: float,
        retention: float,
        max_keys: int,
        max_cells: int = 4_000_000,
        windows: Sequence[float] = (120, 3600),
    ) -> None:
        self.late = 0
        """Records left out because they are older than the window, or their time is none."""
        self.failures: list[Failure] = []
        """Plug-ins that were switched off. What they counted until then stays until it ages."""
        self._statistics = list(statistics)
        self._numbers = {statistic.name: number for number, statistic in enumerate(self._statistics)}
        self._amounts = [_amount_of(statistic) for statistic in self._statistics]
        self._weights = [_weight(statistic) for statistic in self._statistics]
        self._bucket_size = bucket_size
        self._retention = retention
        self._max_keys = max_keys
        self._max_buckets = ceil(retention / bucket_size) + 1
        self._window = Window(self._weights, max_keys, max_cells)
        self._open: dict[int, Bucket] = {}
        self._recent: list[Tally] = []  # of the last closed bucket; none if nothing was in it
        self._first: int | None = None  # the earliest bucket there was
        self._last_closed: int | None = None
        self._oldest_kept: float = float("-inf")

    def add(self, records: Iterable[Any]) -> None:
        """Count each record in the bucket of its time, for each statistic that counts records of its type."""
        start = end = 0.0
        counters: dict[type, list[Counter]] = {}
        for record in records:
            if not start <= record.time < end:
                start, end, counters = self._at(record.time)
            for key_of, find, enter, amount_of, number in counters.get(type(record), ()):
                try:
                    key = key_of(record)
                    if key is None:
                        continue
                    amount = 0 if amount_of is None else amount_of(record)
                    entry = find(key) or enter(key)
                    entry[0] += 1
                    entry[1] += amount
                except Exception:
                    self._switch_off(number, traceback.format_exc())

    def advance(self, now: float) -> None:
        """Close the buckets that ended until `now`, and let those leave that ended `retention` before it."""
        if not abs(now) <= LATEST:
            return
        last = int(now // self._bucket_size) - 1
        if self._last_closed is None or last > self._last_closed:
            self._last_closed = last
            self._recent = []
            self._oldest_kept = (now - self._retention) // self._bucket_size
        self._first = min([self._last_closed + 1 if self._first is None else self._first, *self._open])
        for index in sorted(self._open):
            if index <= self._last_closed:
                self._close(index)
        self._window.drop(int(self._oldest_kept))

    def top(self, name: str, limit: int, window: float | None = None) -> Top:
        """The `limit` highest keys of the window: by count, by total, or by average, as the unit of the statistic says.

        By average, keys with at least ENOUGH measurements come first. Equal ones are in the order of their text.
        """
        number = self._numbers[name]
        keys = self._keys(number)
        rank = _RANKS[self._unit(number)]
        best = heapq.nsmallest(limit, keys.items(), key=lambda item: (rank(*item[1]), item[0]))
        recent = self._recent[number].entries if self._recent else {}
        rows = tuple(
            TopRow(key, self._public(number, *recent.get(key, (0, 0))), self._public(number, *sums))
            for key, sums in best
        )
        return Top(rows, self._rest(number, [recent.get(key, (0, 0)) for key, _ in best], [sums for _, sums in best]))

    def totals(self, name: str, window: float | None = None) -> Sums:
        """Of all keys, in the retention window, the bucket under way included."""
        number = self._numbers[name]
        return self._public(number, *self._all(number))

    def series(self, name: str, buckets: int) -> list[Sums]:
        """Of all keys, in each of the last closed buckets, oldest first; fewer where the store is younger."""
        if self._last_closed is None or self._first is None:
            return []
        number = self._numbers[name]
        first = max(self._first, self._last_closed - buckets + 1)
        return [self._public(number, *self._in(number, index)) for index in range(first, self._last_closed + 1)]

    def series_of(self, name: str, key: str, buckets: int) -> list[int]:
        """How often a key came in each of the last closed buckets, oldest first; fewer where the store is younger."""
        entry = self._window.entries[self._numbers[name]].get(key)
        counts = [0] * len(self.series(name, buckets))
        if entry is not None and counts and self._last_closed is not None:
            first = self._last_closed - len(counts) + 1
            for index, count in self._window.counts(entry.number):
                if index >= first:
                    counts[index - first] += count
        return counts

    def curve(self, name: str, window: float | None = None, slices: int = 240, key: str | None = None) -> Curve:
        """How often a key came, or all of them, over the closed buckets of a window, in at most `slices` slices."""
        if self._last_closed is None or self._first is None:
            return Curve(0.0, self._bucket_size, self._bucket_size, ())
        buckets = ceil((window or self._retention) / self._bucket_size)
        width = ceil(buckets / (slices - 1))
        counts = [sums.count for sums in self.series(name, buckets)] if key is None else None
        counts = self.series_of(name, key, buckets) if key is not None else counts or []
        first = self._last_closed - len(counts) + 1
        sums = [0] * (self._last_closed // width - first // width + 1)
        for index, count in enumerate(counts, first):
            sums[index // width - first // width] += count
        elapsed = (self._last_closed % width + 1) * self._bucket_size
        return Curve(first // width * width * self._bucket_size, width * self._bucket_size, elapsed, tuple(sums))

    def peak(self, name: str) -> Sums:
        """Of all keys, in that closed bucket of the window which is the highest: by count, total or average."""
        number = self._numbers[name]
        rank = _RANKS[self._unit(number)]
        buckets = (self._in(number, index) for index in self._window.buckets)
        return self._public(number, *min(buckets, key=lambda sums: rank(*sums), default=(0, 0)))

    def _at(self, time: float) -> tuple[float, float, dict[type, list[Counter]]]:
        """Begin and end of the bucket for `time`, and what counts there; nothing if that bucket is gone."""
        if not abs(time) <= LATEST or (index := int(time // self._bucket_size)) < self._oldest_kept:
            self.late += 1
            return 0.0, 0.0, {}
        bucket = self._open.get(index)
        if bucket is None:
            self._limit_open()
            bucket = self._open[index] = self._new_bucket()
        return index * self._bucket_size, (index + 1) * self._bucket_size, bucket.counters

    def _new_bucket(self) -> Bucket:
        bucket = Bucket([Tally(self._max_keys, weight) for weight in self._weights], {})
        off = {failure.name for failure in self.failures}
        for number, (statistic, tally) in enumerate(zip(self._statistics, bucket.tallies, strict=True)):
            if statistic.name not in off:
                counter = Counter(statistic.key, tally.entries.get, tally.enter, self._amounts[number], number)
                bucket.counters.setdefault(statistic.record, []).append(counter)
        return bucket

    def _limit_open(self) -> None:
        """Fold the older ones early when records of one `add` lie far apart; they can still be added to."""
        if len(self._open) < MAX_OPEN:
            return
        for index in sorted(self._open)[: MAX_OPEN // 2]:
            self._window.fold(index, self._open.pop(index).tallies)
        if len(self._window.buckets) > 2 * self._max_buckets:
            self._window.drop(sorted(self._window.buckets)[-self._max_buckets])

    def _close(self, index: int) -> None:
        tallies = self._open.pop(index).tallies
        self._window.fold(index, tallies)
        if index != self._last_closed:
            return
        if self._recent:
            for mine, late in zip(self._recent, tallies, strict=True):
                mine.merge(late)
        else:
            self._recent = tallies

    def _switch_off(self, number: int, text: str) -> None:
        self.failures.append(Failure(self._statistics[number].name, text))
        for bucket in self._open.values():
            for kind, counters in bucket.counters.items():
                bucket.counters[kind] = [counter for counter in counters if counter.number != number]

    def _keys(self, number: int) -> dict[str, tuple[int, int]]:
        """Count and total by key in the window, open buckets included."""
        window = {key: (entry.count, entry.total) for key, entry in self._window.entries[number].items()}
        for bucket in self._open.values():
            for key, (count, total) in bucket.tallies[number].entries.items():
                before = window.get(key, (0, 0))
                window[key] = (before[0] + count, before[1] + total)
        return window

    def _all(self, number: int) -> tuple[int, int]:
        parts = [bucket.tallies[number].sums() for bucket in self._open.values()]
        count, total = self._window.sums[2 * number : 2 * number + 2]
        return count + sum(part[COUNT] for part in parts), total + sum(part[TOTAL] for part in parts)

    def _in(self, number: int, index: int) -> tuple[int, int]:
        bucket = self._window.buckets.get(index)
        return (0, 0) if bucket is None else (bucket[2 * number], bucket[2 * number + 1])

    def _rest(self, number: int, recent: list[Sequence[int]], window: list[tuple[int, int]]) -> TopRow:
        """What all rows leave of the last bucket and of the window."""
        last = (0, 0) if self._last_closed is None else self._in(number, self._last_closed)
        both = [
            self._public(number, all_[0] - sum(row[0] for row in rows), all_[1] - sum(row[1] for row in rows))
            for all_, rows in ((last, recent), (self._all(number), window))
        ]
        return TopRow(OTHER, both[0], both[1])

    def _unit(self, number: int) -> Unit:
        return self._statistics[number].unit

    def _public(self, number: int, count: int, total: int) -> Sums:
        if self._amounts[number] is None:
            return Sums(count, count)
        return Sums(count, total / NANOSECONDS if self._unit(number) is Unit.SECONDS else total)


def _by_count(count: int, total: int) -> tuple[float, ...]:
    return (-count,)


def _by_total(count: int, total: int) -> tuple[float, ...]:
    return (-total, -count)


def _by_average(count: int, total: int) -> tuple[float, ...]:
    return (count < ENOUGH, -total / count if count else 0, -count)


_RANKS: Final = {Unit.HITS: _by_count, Unit.BYTES: _by_total, Unit.SECONDS: _by_average}
"""Lower comes first."""


def _weight(statistic: Statistic) -> int:
    return COUNT if statistic.unit is Unit.HITS or not hasattr(statistic, "amount") else TOTAL


def _amount_of(statistic: Statistic) -> Callable[[Any], int] | None:
    """What the plug-in says to add, as a whole number: of nanoseconds for seconds, else of the unit itself."""
    amount: Callable[[Any], float] | None = getattr(statistic, "amount", None)
    if amount is None:
        return None
    plugin, scale = amount, NANOSECONDS if statistic.unit is Unit.SECONDS else 1

    def whole(record: Any) -> int:
        value = plugin(record)
        if not isinstance(value, (int, float)) or value < 0:
            raise ValueError(f"an amount is a number from 0 up, not {value!r:.100}")
        return round(value * scale)

    return whole

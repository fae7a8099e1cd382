"""Which records arrived, by the server's clock."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from history.clickhouse.door import Door, Parameters
from history.clickhouse.schema import RECORDS, Place
from history.ranges import NONE, Ranges, added, known
from history.record import Level

_SERIES: Final = "concat(sensor, ' ', toString(spool))"
LAST: Final = f"transform({_SERIES}, {{series:Array(String)}}, {{lasts:Array(UInt64)}}, toUInt64(0))"
"""The last record of a row's series, as given by `last_records`."""


class Identity(NamedTuple):
    """A bucket record."""

    sensor: str
    spool: int
    sequence: int


class Found(NamedTuple):
    """What is known of a record before it is read."""

    start: int
    until: int
    rows: int
    """Rows of sums that it has."""
    since: int
    """It was first seen when asking for what arrived since then."""
    seen: float
    """When that was, by the server's clock."""


class Series(NamedTuple):
    """A sensor's records of a spool."""

    sensor: str
    spool: int


class Window(NamedTuple):
    """The bucket records that arrived in a span, in columns."""

    since: int
    now: float
    records: Mapping[Series, tuple[NDArray[np.int64], Sequence[tuple[int, int, int]]]]
    """By series: their sequences; and start, end and number of rows of each."""


class RecordFinder:
    """Finds records without reading their sums."""

    def __init__(self, door: Door, place: Place) -> None:
        self._door = door
        self._records = place.table(RECORDS)

    def now(self) -> float:
        """Return the time by the server's clock."""
        received = self._door.dialect.epoch.replace("received", self._door.dialect.now)
        return float(self._door.query(f"SELECT {received}")[0][0])

    def last(self, level: Level) -> tuple[dict[str, int], dict[str, int]]:
        """Return the last record of each series of a level, and the last record of the level below it includes."""
        found = self._door.query(
            f"SELECT {_SERIES}, last, included FROM"
            " (SELECT sensor, spool, max(sequence) AS last, max(through) AS included"
            f" FROM {self._records} WHERE level = {int(level)} GROUP BY sensor, spool)"
        )
        rows = list(zip(*found, strict=True))
        return {series: last for series, last, _ in rows}, {series: through for series, _, through in rows}

    def window(self, since: float, now: float) -> Window:
        """Return the bucket records that arrived since a time."""
        start = max(0, int(since))
        return self.found(f"received >= toDateTime({start})", {}, start, now)

    def found(self, condition: str, parameters: Parameters, since: int, now: float) -> Window:
        """Return the bucket records that meet a condition."""
        arrays = "groupArray(sequence), groupArray(toUInt32(start)), groupArray(toUInt32(until)), groupArray(rows)"
        columns = self._door.query(
            f"SELECT sensor, spool, {arrays} FROM {self._records} WHERE level = 0 AND {condition}"
            " GROUP BY sensor, spool",
            parameters,
        )
        records = {
            Series(sensor, spool): (np.array(sequences, np.int64), list(zip(*facts, strict=True)))
            for sensor, spool, sequences, *facts in zip(*columns, strict=True)
        }
        return Window(since, now, records)

    def not_repeated(self, records: Mapping[Identity, Found]) -> dict[Identity, Found]:
        """Return those of the records that had not arrived before they were seen."""
        if not records:
            return {}
        columns = self._door.query(
            f"SELECT sensor, spool, sequence, min({self._door.dialect.epoch}) FROM {self._records}"
            f" WHERE level = 0 AND {among(records)} GROUP BY sensor, spool, sequence",
            identities(records),
        )
        arrived = {Identity(*each): first for *each, first in zip(*columns, strict=True)}
        return {each: found for each, found in records.items() if arrived.get(each, found.since) >= found.since}


def unknown(window: Window, seen: Mapping[Series, Ranges]) -> dict[Identity, Found]:
    """Return the records in the window that were not seen yet."""
    found = {}
    for series, (sequences, facts) in window.records.items():
        for place in np.flatnonzero(~known(seen.get(series, NONE), sequences)).tolist():
            start, until, rows = facts[place]
            found[Identity(*series, int(sequences[place]))] = Found(start, until, rows, window.since, window.now)
    return found


def all_known(window: Window, seen: Mapping[Series, Ranges]) -> dict[Series, Ranges]:
    """Return what was seen, with the records in the window."""
    new = {series: added(seen.get(series, NONE), found[0]) for series, found in window.records.items()}
    return {**seen, **new}


def among(records: Mapping[Identity, Found]) -> str:
    """Return the condition that a row is of one of these records."""
    start, until = (min(found.start for found in records.values()), max(found.until for found in records.values()))
    return (
        f"start >= toDateTime({start}) AND start <= toDateTime({until})"
        " AND (sensor, spool, sequence) IN (SELECT each.1, each.2, each.3 FROM (SELECT arrayJoin(arrayMap("
        "(a, b, c) -> (a, b, c), {names:Array(String)}, {spools:Array(UInt64)}, {sequences:Array(UInt64)})) AS each))"
    )


def identities(records: Iterable[Identity]) -> dict[str, Sequence[Any]]:
    """Return the parameters of that condition."""
    names, spools, sequences = zip(*records, strict=True)
    return {"names": names, "spools": spools, "sequences": sequences}


def last_records(numbers: Mapping[str, int]) -> dict[str, Sequence[Any]]:
    """Return the parameters of LAST."""
    return {"series": list(numbers), "lasts": list(numbers.values())} if numbers else {}

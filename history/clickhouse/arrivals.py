"""What arrives in ClickHouse, for a screen: each bucket record once, and before that the past.

Records are found by the server's time of their arrival. An insert may become visible a while after that time, on
another replica a long while; so each question looks back by OVERLAP, and what was seen there before is left out.
A record that was sent again is recognised by its first arrival.

The past is cut by sequence numbers. At the first cursor, what the minutes of a sensor include is read from minutes,
and buckets after these are read one by one; so a bucket that arrives late is either in the minutes or still to come.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from math import ceil, inf
from typing import Final, NamedTuple

from history.clickhouse.buckets import closed_buckets, with_sensors
from history.clickhouse.door import Door, Parameters
from history.clickhouse.found_records import (
    LAST,
    Found,
    Identity,
    RecordFinder,
    Series,
    all_known,
    among,
    identities,
    last_records,
    unknown,
)
from history.clickhouse.schema import SUMS, Place
from history.clickhouse.spans import floor
from history.fleet import Arrivals
from history.ranges import Ranges
from history.record import Level
from history.report import REQUESTS
from store.sums import ClosedBucket
from store.watched import WATCHED

OVERLAP: Final = 600.0
"""Seconds before the last question in which records may still become visible."""
MOST: Final = 4000
"""Maximum records that are read at once; of a backlog, the latest come first."""
MAX_WAITING: Final = 1_000_000
"""Maximum records that wait to be read; the oldest are left out."""
PATIENCE: Final = 900.0
"""Seconds to wait for the sums of a record. They are written before it, but replicas may get them after it."""
MINUTES_FOR: Final = 3 * 3600
"""Seconds before the end of the past that are read from minutes, and hours before that."""
STEPS: Final = {Level.MINUTE: 1800, Level.HOUR: 6 * 3600}
"""Maximum seconds of the past that are read at once."""
FIRST_STEP: Final = 150
"""Seconds of the past that are read first, so that a screen soon shows something; each step is twice the last."""


class Cut(NamedTuple):
    """Where the past ends: by sensor and spool, the last record that is in the past."""

    at: float
    minutes: Mapping[str, int]
    hours: Mapping[str, int]
    buckets: Mapping[str, int]
    """The last bucket that these minutes include."""
    loose: Mapping[Identity, Found]
    """Buckets after these that had arrived within OVERLAP. All that arrived before are in the past too."""


class Cursor(NamedTuple):
    """What was given, and what is known but was not given yet."""

    at: float
    cut: Cut
    known: Mapping[Series, Ranges]
    """What was seen; it was given, waits, or is in the past."""
    waiting: Mapping[Identity, Found]


class ArrivalReader:
    """Reads what arrives; it is shared by all choices of sensors."""

    def __init__(self, door: Door, place: Place) -> None:
        self._door = door
        self._finder = RecordFinder(door, place)
        self._tables = {level: place.table(name) for level, name in SUMS.items()}
        self._latest: Cut | None = None
        self._lost = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """How many records were left out."""
        return (f"{self._lost} records came faster than they could be read",) if self._lost else ()

    def since(self, cursor: Cursor | None, chosen: Collection[str] | None) -> Arrivals:
        """Return what arrived after the cursor at the chosen sensors; None chooses all."""
        if cursor is None:
            return Arrivals((), self._first_cursor())
        now = self._finder.now()
        window = self._finder.window(cursor.at - OVERLAP, now)
        new = _after(unknown(window, cursor.known), cursor.cut)
        waiting = self._limited({**cursor.waiting, **new})
        batch = dict(islice(sorted(waiting.items(), key=lambda item: -item[1].start), MOST))
        first = self._finder.not_repeated(batch)
        buckets, read = self._read(first, now, chosen)
        left = {
            each: found for each, found in waiting.items() if each not in batch or (each in first and each not in read)
        }
        return Arrivals(tuple(buckets), Cursor(now, cursor.cut, all_known(window, cursor.known), left))

    def _first_cursor(self) -> Cursor:
        now = self._finder.now()
        window = self._finder.window(now - OVERLAP, now)
        minutes, buckets = self._finder.last(Level.MINUTE)
        hours, _ = self._finder.last(Level.HOUR)
        cut = Cut(now, minutes, hours, buckets, {})
        self._latest = cut = cut._replace(loose=_after(unknown(window, {}), cut))
        return Cursor(now, cut, all_known(window, {}), {})

    def past(self, since: float, until: float, chosen: Collection[str] | None) -> Iterator[ClosedBucket]:
        """Iterate over what arrived before the last call of `since` without a cursor, latest first.

        It is over after an error; a new one may go on where it ended.
        """
        return self._past(self._latest or self._first_cursor().cut, since, until, chosen)

    def _past(self, cut: Cut, since: float, until: float, chosen: Collection[str] | None) -> Iterator[ClosedBucket]:
        for level, begin, end in steps(since, until, cut.at):
            own = list(self._loose(cut, begin, end).items())
            found = self._periods(level, cut, begin, end, chosen)
            for place in range(0, len(own), MOST):
                found += self._read(dict(own[place : place + MOST]), inf, chosen)[0]
            yield from sorted(found, key=lambda bucket: -bucket.start)

    # Which records there are ------------------------------------------------------------------------------------------

    def _loose(self, cut: Cut, since: float, until: float) -> dict[Identity, Found]:
        """Return the bucket records that are not in the minutes of the past, but were there at its end."""
        before = int(cut.at - OVERLAP)
        after = f"sequence > {LAST}" if cut.buckets else "1"
        old = self._finder.found(
            f"{after} AND start >= toDateTime({ceil(since)}) AND start < toDateTime({ceil(until)})"
            f" AND received < toDateTime({before})",
            last_records(cut.buckets),
            before,
            cut.at,
        )
        recent = {each: found for each, found in cut.loose.items() if since <= found.start < until}
        return {**unknown(old, {}), **recent}

    def _limited(self, waiting: Mapping[Identity, Found]) -> dict[Identity, Found]:
        if len(waiting) <= MAX_WAITING:
            return dict(waiting)
        kept = sorted(waiting.items(), key=lambda item: -item[1].start)[:MAX_WAITING]
        self._lost += len(waiting) - len(kept)
        return dict(kept)

    # What they have ---------------------------------------------------------------------------------------------------

    def _read(
        self, records: Mapping[Identity, Found], now: float, chosen: Collection[str] | None
    ) -> tuple[list[ClosedBucket], Collection[Identity]]:
        """Return the sums of records, and the records that were read; those whose sums are missing are left out."""
        own = {each: found for each, found in records.items() if chosen is None or each.sensor in chosen}
        whole = self._whole(own, now)
        if not whole:
            return [], records.keys() - own.keys()
        where = f"{self._tables[Level.BUCKET]} FINAL PREWHERE {among(whole)}"
        buckets = self._buckets(where, identities(whole))
        return buckets, {*whole, *(records.keys() - own.keys())}

    def _whole(self, records: Mapping[Identity, Found], now: float) -> dict[Identity, Found]:
        """Return the records of which all sums are there, and those for which it was waited long enough."""
        if not records:
            return {}
        columns = self._door.query(
            f"SELECT sensor, spool, sequence, count() FROM {self._tables[Level.BUCKET]} FINAL PREWHERE {among(records)}"
            f" GROUP BY sensor, spool, sequence{self._door.dialect.final}",
            identities(records),
        )
        rows = {Identity(*each): size for *each, size in zip(*columns, strict=True)}
        return {
            each: found
            for each, found in records.items()
            if rows.get(each, 0) >= found.rows or found.seen < now - PATIENCE
        }

    def _periods(
        self, level: Level, cut: Cut, since: float, until: float, chosen: Collection[str] | None
    ) -> list[ClosedBucket]:
        """Return the periods of the past that start in a span."""
        lasts = cut.hours if level is Level.HOUR else cut.minutes
        if not lasts:
            return []
        sensors = "" if chosen is None else " AND sensor IN {sensors:Array(String)}"
        given = last_records(lasts) if chosen is None else {**last_records(lasts), "sensors": sorted(chosen)}
        span = f"start >= toDateTime({int(since)}) AND start < toDateTime({int(until)})"
        return self._buckets(f"{self._tables[level]} FINAL PREWHERE {span} AND sequence <= {LAST}{sensors}", given)

    def _buckets(self, where: str, parameters: Parameters) -> list[ClosedBucket]:
        """Return the sums of rows as buckets, oldest first, with the statistic SENSORS."""
        given = {**parameters, "watched": WATCHED, "requests": REQUESTS}
        final, only = self._door.dialect.final, f"{where} AND statistic = {{requests:String}}"
        buckets = closed_buckets(self._door.query(grouped("key", where, final), given))
        return with_sensors(buckets, self._door.query(grouped("sensor", only, final), given))


def grouped(key: str, where: str, final: str) -> str:
    """Return the query for the sums of rows by an expression for the key, which `closed_buckets` understands."""
    # Two sensors that watch at the same time do not watch twice as long.
    seconds = "if(named = {watched:String}, max(seconds), sum(seconds))"
    return (
        f"SELECT toUInt32(start) AS begin, max(width), statistic AS named, {key} AS grouped, sum(count), sum(bytes),"
        f" {seconds}, sum(client_errors), sum(server_errors), tupleElement(sumMap(bins, hits), 1),"
        " tupleElement(sumMap(bins, hits), 2)"
        f" FROM {where} GROUP BY begin, named, grouped ORDER BY begin, named, grouped{final}"
    )


def steps(since: float, until: float, now: float) -> Iterator[tuple[Level, float, float]]:
    """Iterate over the spans of the past that are read at once, latest first, and the level of their periods."""
    end = max(since, min(until, now))
    if end < until:
        yield Level.MINUTE, end, until  # of sensors whose clocks are ahead
    edge = max(since, floor(Level.HOUR, min(until, now) - MINUTES_FOR))
    step = FIRST_STEP
    for level, first in ((Level.MINUTE, edge), (Level.HOUR, since)):
        while end > first:
            begin = max(first, end - min(step, STEPS[level]))
            yield level, begin, end
            end, step = begin, 2 * step


def _after(records: Mapping[Identity, Found], cut: Cut) -> dict[Identity, Found]:
    """Return the records that are not in the minutes of the past."""
    return {
        each: found
        for each, found in records.items()
        if each.sequence > cut.buckets.get(f"{each.sensor} {each.spool}", 0)
    }

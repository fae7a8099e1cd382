"""What arrives at a collector, for a screen: first the past, then each bucket record once.

Recent records are read as they arrived. What is older than they reach comes from minutes, and from hours where there
are no minutes any more. Minutes also include what arrived late, after the first cursor; such records are left out
later.
"""

from collections.abc import Collection, Iterator
from functools import partial
from math import inf
from typing import Final, NamedTuple

from history.archive import SqliteArchive
from history.collected.adding import added_buckets
from history.collected.files import Files, Looks
from history.fleet import Arrivals
from history.minutes import closed_bucket
from history.periods import PeriodLevel, next_start, period_start
from history.record_codec import decode
from history.sums import MALFORMED, Minute, checked_number
from store.sums import ClosedBucket

CHUNK: Final = 300.0
"""Seconds of the past that are read at once."""
HOURS: Final = 6 * 3600.0
"""The same where only hours are left."""
STEP: Final = 60.0
"""The same of recent records."""
RECENT: Final = 600.0
"""Seconds before a sensor's latest bucket in which the past has its buckets."""
MOST: Final = 500
"""Maximum records of a sensor that are read at once."""


class Cursor(NamedTuple):
    """The number of the latest record of each sensor."""

    numbers: dict[str, int]


class Begun(NamedTuple):
    """What a past of a sensor consists of; there are several if it was read in several pieces."""

    since: float
    """Buckets that start at or after this time were read as they arrived, others from minutes."""
    included: int
    """The number of the latest record in those minutes."""


class FolderArrivals:
    """The arrivals in the files of a collector."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._first: Cursor | None = None
        self._begun: dict[str, list[Begun]] = {}
        self._missed = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """How many records were deleted before anybody asked for them."""
        return (f"{self._missed} records came and went unseen",) if self._missed else ()

    def since(self, cursor: Cursor | None, chosen: Collection[str] | None) -> Arrivals:
        """Return what arrived after the cursor at the chosen sensors; None chooses all."""
        if cursor is None:
            now = Cursor(self._files.each(None, lambda _, archive: _latest(archive)))
            self._first = self._first or now
            return Arrivals((), now)
        before, found = cursor.numbers, []
        latest = self._files.each(None, lambda _, archive: _latest(archive))
        numbers = {name: number for name, number in latest.items() if chosen is not None and name not in chosen}
        wanted = latest.keys() - numbers.keys()
        for name, records in self._files.each(
            wanted, lambda name, archive: _after(archive, before.get(name, 0))
        ).items():
            for number, buckets in records:
                found += [(name, bucket) for bucket in buckets if not self._was_past(name, number, bucket)]
            self._missed += records[0][0] - before.get(name, 0) - 1 if records else 0
            numbers[name] = records[-1][0] if records else before.get(name, 0)
        return Arrivals(tuple(added_buckets(found)), Cursor({**before, **numbers}))

    def past(self, since: float, until: float, chosen: Collection[str] | None) -> Iterator[ClosedBucket]:
        """Iterate over what arrived before the first cursor, latest first."""
        first = self._first or Cursor(self._files.each(chosen, lambda _, archive: _latest(archive)))
        with self._files.unchanging(name for name in first.numbers if chosen is None or name in chosen) as looks:
            edge = min(until, max(looks.each(None, _edge).values(), default=until))
            for name, number in looks.each(None, lambda _, look: _latest(look)).items():
                self._begun.setdefault(name, []).append(Begun(edge, number))
            yield from _recent(looks, first, max(edge, since), until)
            yield from _older(looks, since, edge)

    def _was_past(self, name: str, number: int, bucket: ClosedBucket) -> bool:
        """Return whether a bucket was among the minutes of a past."""
        return any(number <= each.included and bucket.start < each.since for each in self._begun.get(name, ()))


def _recent(looks: Looks, first: Cursor, since: float, until: float) -> Iterator[ClosedBucket]:
    """Iterate over the buckets of recent records, up to the first cursor, latest first.

    The records are read in steps: those that end latest come first, and their earlier buckets wait for the others.
    """
    query = "SELECT number, record FROM recent WHERE number <= ? AND latest > ? AND latest <= ?"
    waiting: list[tuple[str, ClosedBucket]] = []
    begin, before = min(until, max(looks.each(None, _end).values(), default=until)), inf
    while since < begin:
        begin = max(since, begin - STEP)
        span = begin, before
        found = looks.each(None, lambda name, look: _decoded(look, query, (first.numbers[name], *span)))  # noqa: B023
        for name, records in found.items():
            waiting += [(name, each) for _, buckets in records for each in buckets if since <= each.start < until]
        yield from reversed(added_buckets(each for each in waiting if each[1].start >= begin))
        waiting = [each for each in waiting if each[1].start < begin]
        before = begin


def _older(looks: Looks, since: float, until: float) -> Iterator[ClosedBucket]:
    """Iterate over minutes, and over hours before the time from which on all files have minutes."""
    minutes = max(since, *looks.each(None, _minutes_from).values(), since)
    yield from _periods(looks, PeriodLevel.MINUTE, minutes, until, CHUNK)
    yield from _periods(looks, PeriodLevel.HOUR, since, min(minutes, until), HOURS)


def _periods(looks: Looks, level: PeriodLevel, since: float, until: float, chunk: float) -> Iterator[ClosedBucket]:
    """Iterate over the periods that start in a span, latest first."""
    width = 60.0 if level is PeriodLevel.MINUTE else 3600.0
    while since < until:
        begin = max(since, until - chunk)
        read = partial(_minutes, level, begin, until)
        found = [(name, closed_bucket(each, width)) for name, own in looks.each(None, read).items() for each in own]
        yield from reversed(added_buckets(found))
        until = begin


def _minutes(level: PeriodLevel, since: float, until: float, _: str, look: SqliteArchive) -> list[Minute]:
    return list(look.minutes(since, until, level))


def _edge(_: str, look: SqliteArchive) -> float:
    """Return the time from which on buckets are read as they arrived, if they are all still there."""
    with look.database.translated_errors():
        [(forgotten, latest)] = look.database.rows("SELECT forgotten, latest FROM sensor", ())
        edge = max(checked_number(forgotten), checked_number(latest) - RECENT)
    return -(-edge // 60) * 60


def _end(_: str, look: SqliteArchive) -> float:
    """Return the end of the latest bucket."""
    with look.database.translated_errors():
        return checked_number(look.database.rows("SELECT latest FROM sensor", ())[0][0])


def _minutes_from(_: str, look: SqliteArchive) -> float:
    """Return the hour from which on a file has minutes; 0 if it has had them always."""
    first = look.first(PeriodLevel.MINUTE)
    if first is None or look.earliest() == first:
        return 0.0
    hour = period_start(PeriodLevel.HOUR, first, look.zone)
    return hour if hour == first else next_start(PeriodLevel.HOUR, hour, look.zone)


def _latest(archive: SqliteArchive) -> int:
    """Return the number of the latest record that arrived."""
    found = archive.database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'recent'", ())
    with archive.database.translated_errors():
        return int(checked_number(found[0][0])) if found else 0


def _after(archive: SqliteArchive, number: int) -> list[tuple[int, tuple[ClosedBucket, ...]]]:
    return _decoded(
        archive, "SELECT number, record FROM recent WHERE number > ? ORDER BY number LIMIT ?", (number, MOST)
    )


def _decoded(
    archive: SqliteArchive, query: str, values: tuple[float, ...]
) -> list[tuple[int, tuple[ClosedBucket, ...]]]:
    """Return numbers and buckets of records."""
    with archive.database.translated_errors():
        rows = archive.database.rows(query, values)
        if not all(isinstance(block, bytes) for _, block in rows):
            raise ValueError(MALFORMED)
        return [(number, decode(block).buckets) for number, block in rows]

"""What signals counted before: the hours of a long span, and the minutes of its last day. Pure.

An hour or a minute in which nobody watched for long is left out: it would look like a quiet one.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from history.counts import Counts, Wanted, always
from history.periods import PeriodLevel, next_start, period_start
from store.sums import ClosedBucket, StatisticSums
from store.watched import WATCHED

DAY: Final = 86400.0
CHUNKS: Final = {PeriodLevel.HOUR: DAY, PeriodLevel.MINUTE: 3600.0}
"""Seconds that are read at once."""
WIDTHS: Final = {PeriodLevel.HOUR: 3600.0, PeriodLevel.MINUTE: 60.0}
ENOUGH: Final = 0.9
"""Share of a period that must have been watched."""


def learned(archive: Counts, since: float, until: float, wanted: Collection[str]) -> Iterator[ClosedBucket]:
    """Iterate over what was counted for the `wanted` statistics: hours, and minutes of the last day, oldest first.

    Raises:
        HistoryError, StoreError: the archive cannot be read.
        ValueError: something else wrote to it.
    """
    edge = minutes_from(archive, until - DAY)
    yield from periods(archive, PeriodLevel.HOUR, since, min(edge, until), wanted, has_judged_keys)
    yield from periods(archive, PeriodLevel.MINUTE, edge, until, wanted)


def minutes_from(archive: Counts, since: float) -> float:
    """Return the start of the first hour from `since` on of which all minutes are kept, or of the whole history."""
    first, earliest = archive.first(PeriodLevel.MINUTE), archive.first(PeriodLevel.HOUR)
    start = period_start(PeriodLevel.HOUR, since, archive.zone)
    if first is None or first <= start:
        return start
    hour = period_start(PeriodLevel.HOUR, first, archive.zone)
    return hour if earliest is None or earliest >= hour else next_start(PeriodLevel.HOUR, hour, archive.zone)


def periods(
    archive: Counts,
    level: PeriodLevel,
    since: float,
    until: float,
    wanted: Collection[str],
    with_keys: Wanted = always,
) -> Iterator[ClosedBucket]:
    """Iterate over the periods that start in a span and were watched long enough, oldest first. Statistics that are not
    wanted `with_keys` have totals alone.
    """
    width = WIDTHS[level]
    names = {*wanted, WATCHED}
    # Before that, an earlier version of the program watched, and kept nothing of these: it was no silence.
    first = archive.first(level, wanted=frozenset(wanted).__contains__)
    since = until if first is None else max(since, first)
    while since < until:
        end = min(since + CHUNKS[level], until)
        found: dict[float, list[StatisticSums]] = {}
        for start, sums in archive.counted(level, since, end, names, with_keys):
            found.setdefault(start, []).append(sums)
        for start in sorted(found):
            if _watched(found[start], width) >= ENOUGH * width:
                yield ClosedBucket(start, width, tuple(part for part in found[start] if part.name != WATCHED))
        since = end


def has_judged_keys(statistic: str) -> bool:
    """Return whether signals judge the keys of a statistic; others only tell who contributed, which is not asked of
    hours that are over.
    """
    return not statistic.endswith(("_client", "_agent"))


def _watched(parts: Sequence[StatisticSums], width: float) -> float:
    """Return the watched seconds of a period; all of it if that was not stored with it."""
    stored = next((part for part in parts if part.name == WATCHED), None)
    return width if stored is None else stored.keyed.whole().seconds

"""Which table a part of a span is read from: the longest periods that are whole and settled, shorter ones elsewhere.

A period is settled when all its parts have had time to arrive. Periods are those of UTC. Pure.
"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Final, NamedTuple

from history.record import WIDTHS, Level

SETTLED: Final[Mapping[Level, float]] = {Level.MINUTE: 180.0, Level.HOUR: 180.0, Level.DAY: 8 * 3600.0}
"""Seconds after its end until a period is settled. A sensor sends what it has of a day every 6 hours; the rest is for
sending. An hour is not settled before all minutes of it that were sent are in hours.
"""
AWAITED: Final = 3 * 3600
"""Seconds, and up to an hour more, that hours wait for minutes they do not include, as of a sensor that stopped."""


class Tile(NamedTuple):
    """A part of a span, and the table that it is read from."""

    level: Level
    start: int
    end: int


def width_of(level: Level) -> int:
    """Return the seconds of the periods that are made of a table; buckets are counted in minutes."""
    return WIDTHS[max(level, Level.MINUTE)]


def floor(level: Level, time: float) -> int:
    """Return the start of the period that contains a time."""
    return int(time // width_of(level)) * width_of(level)


def ceiling(level: Level, time: float) -> int:
    """Return the first start of a period that is not before a time."""
    return -floor(level, -time)


class Stored(NamedTuple):
    """What is stored."""

    firsts: Mapping[Level, float]
    """The first start of each level."""
    loose: float = inf
    """Start of the first recent minute that hours do not include."""


def awaited(now: float) -> int:
    """Return the start of the hours that wait for minutes."""
    return floor(Level.HOUR, now - AWAITED)


def cover(since: float, until: float, now: float, stored: Stored, most: Level = Level.DAY) -> list[Tile]:
    """Return the parts of a span, in order, of levels up to `most`.

    Its ends move outwards to periods that are still stored.
    """
    firsts = stored.firsts
    first = floor(_stored(since, firsts), since)
    last = max(ceiling(_stored(until, firsts), until), first + width_of(Level.MINUTE))
    return _cover(most, first, last, _settled(now, stored.loose))


def span(tiles: Sequence[Tile]) -> tuple[int, int]:
    """Return start and end of the span that parts cover."""
    return tiles[0].start, tiles[-1].end


def earliest(firsts: Mapping[Level, float]) -> float | None:
    """Return the start of the first period of the shortest level that is as complete as the longer ones."""
    for level in Level:
        if level in firsts and _is_whole(level, firsts):
            return firsts[level]
    return None


def _settled(now: float, loose: float) -> dict[Level, float]:
    """Return the time before which the periods of each level are settled."""
    settled = {level: now - seconds for level, seconds in SETTLED.items()}
    return {**settled, Level.HOUR: min(settled[Level.HOUR], loose)}


def _cover(level: Level, start: int, end: int, settled: Mapping[Level, float]) -> list[Tile]:
    if level is Level.BUCKET:
        return [Tile(level, start, end)] if start < end else []
    first = ceiling(level, start)
    last = floor(level, min(end, settled[level]))
    shorter = Level(level - 1)
    if first >= last:
        return _cover(shorter, start, end, settled)
    return [*_cover(shorter, start, first, settled), Tile(level, first, last), *_cover(shorter, last, end, settled)]


def _stored(time: float, firsts: Mapping[Level, float]) -> Level:
    """Return the shortest level from minutes on that is as complete at a time as the longer ones."""
    for level in (Level.MINUTE, Level.HOUR):
        first = firsts.get(level)
        if first is not None and (first <= floor(Level(level + 1), time) or _is_whole(level, firsts)):
            return level
    return Level.MINUTE if Level.MINUTE not in firsts and Level.HOUR not in firsts else Level.DAY


def _is_whole(level: Level, firsts: Mapping[Level, float]) -> bool:
    """Return whether no longer period starts before those of `level`."""
    first = firsts[level]
    return all(start >= floor(other, first) for other, start in firsts.items() if other > level)

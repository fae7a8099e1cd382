"""Which table a part of a span is read from: the longest periods that are whole and settled, shorter ones elsewhere.

A period is settled when all its parts have had time to arrive. Periods are those of UTC. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from history.record import WIDTHS, Level

SETTLED: Final[Mapping[Level, float]] = {Level.MINUTE: 180.0, Level.HOUR: 3600.0, Level.DAY: 8 * 3600.0}
"""Seconds after its end until a period is settled. A sensor sends what it has of an hour every 20 minutes, and what it
has of a day every 6 hours; the rest is for sending.
"""


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


def cover(since: float, until: float, now: float, firsts: Mapping[Level, float], most: Level = Level.DAY) -> list[Tile]:
    """Return the parts of a span, in order, of levels up to `most`.

    Its ends move outwards to periods that are still stored; `firsts` has the first start of each level that is stored.
    """
    first = floor(_stored(since, firsts), since)
    last = max(ceiling(_stored(until, firsts), until), first + width_of(Level.MINUTE))
    return _cover(most, first, last, now)


def span(tiles: Sequence[Tile]) -> tuple[int, int]:
    """Return start and end of the span that parts cover."""
    return tiles[0].start, tiles[-1].end


def earliest(firsts: Mapping[Level, float]) -> float | None:
    """Return the start of the first period of the shortest level that is as complete as the longer ones."""
    for level in Level:
        if level in firsts and _is_whole(level, firsts):
            return firsts[level]
    return None


def _cover(level: Level, start: int, end: int, now: float) -> list[Tile]:
    if level is Level.BUCKET:
        return [Tile(level, start, end)] if start < end else []
    first = ceiling(level, start)
    last = floor(level, min(end, now - SETTLED[level]))
    shorter = Level(level - 1)
    if first >= last:
        return _cover(shorter, start, end, now)
    return [*_cover(shorter, start, first, now), Tile(level, first, last), *_cover(shorter, last, end, now)]


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

"""The calendar of the history: minutes, hours and days, and how they tile a span of time. Pure.

Times are seconds since the epoch. Hours and days begin as the clock on the wall says, so `zone` matters; None is local
time. A day of a change of the clocks has 23 or 25 hours.
"""

from datetime import datetime, timedelta, tzinfo
from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """How long a period is."""

    MINUTE = 0
    HOUR = 1
    DAY = 2


class Tile(NamedTuple):
    """Whole periods of one level, `start` included and `end` not."""

    level: Level
    start: float
    end: float


def begin(level: Level, time: float, zone: tzinfo | None = None) -> float:
    """Where the period of `time` begins."""
    if level is Level.MINUTE:
        return time // 60 * 60
    moment = datetime.fromtimestamp(time, zone)
    clock = moment.replace(minute=0, second=0, microsecond=0)
    return (clock if level is Level.HOUR else clock.replace(hour=0, fold=0)).timestamp()


def following(level: Level, start: float, zone: tzinfo | None = None) -> float:
    """Where the period after the one that begins at `start` begins."""
    if level is Level.MINUTE:
        return start + 60
    if level is Level.HOUR:
        return start + 3600
    return begin(Level.DAY, start + 36 * 3600, zone)


def week(time: float, zone: tzinfo | None = None) -> float:
    """Where the week of `time` begins: on Monday (ISO 8601)."""
    day = datetime.fromtimestamp(begin(Level.DAY, time, zone), zone)
    return _midnight(day - timedelta(days=day.weekday()), zone)


def month(time: float, zone: tzinfo | None = None) -> float:
    """Where the month of `time` begins."""
    return _midnight(datetime.fromtimestamp(time, zone).replace(day=1), zone)


def tiles(since: float, until: float, zone: tzinfo | None = None) -> list[Tile]:
    """The longest periods that cover [since, until): days, hours at their edges, minutes at the edges of those.

    Both ends move to whole minutes, outwards.
    """
    first, last = begin(Level.MINUTE, since), -(-until // 60) * 60
    return _tile(Level.DAY, first, last, zone) if first < last else []


def _tile(level: Level, start: float, end: float, zone: tzinfo | None) -> list[Tile]:
    """Whole periods of `level` in the middle, and shorter ones on both sides."""
    if level is Level.MINUTE:
        return [Tile(level, start, end)] if start < end else []
    first = begin(level, start, zone)
    if first < start:
        first = following(level, first, zone)
    last = begin(level, end, zone)
    shorter = Level(level - 1)
    if first >= last:
        return _tile(shorter, start, end, zone)
    return [*_tile(shorter, start, first, zone), Tile(level, first, last), *_tile(shorter, last, end, zone)]


def _midnight(day: datetime, zone: tzinfo | None) -> float:
    return begin(Level.DAY, day.replace(hour=12, minute=0, second=0, microsecond=0).timestamp(), zone)

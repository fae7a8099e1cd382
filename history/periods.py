"""The history's calendar: minutes, hours and days, and how they tile a span of time. Pure.

Times are in seconds since the epoch. Hours and days follow the local clock of `zone`; None is the system's time zone. A
day on which the clocks change has 23 or 25 hours.
"""

from datetime import datetime, timedelta, tzinfo
from enum import IntEnum
from typing import NamedTuple


class PeriodLevel(IntEnum):
    """The length of a period."""

    MINUTE = 0
    HOUR = 1
    DAY = 2


class Tile(NamedTuple):
    """Whole periods of one level, from `start` up to, but not including, `end`."""

    level: PeriodLevel
    start: float
    end: float


def period_start(level: PeriodLevel, time: float, zone: tzinfo | None = None) -> float:
    """Return the start of the period that contains `time`."""
    if level is PeriodLevel.MINUTE:
        return time // 60 * 60
    moment = datetime.fromtimestamp(time, zone)
    clock = moment.replace(minute=0, second=0, microsecond=0)
    return (clock if level is PeriodLevel.HOUR else clock.replace(hour=0, fold=0)).timestamp()


def next_start(level: PeriodLevel, start: float, zone: tzinfo | None = None) -> float:
    """Return the start of the period after the one that starts at `start`."""
    if level is PeriodLevel.MINUTE:
        return start + 60
    if level is PeriodLevel.HOUR:
        return start + 3600
    return period_start(PeriodLevel.DAY, start + 36 * 3600, zone)


def week_start(time: float, zone: tzinfo | None = None) -> float:
    """Return the start of the week that contains `time`, on Monday (ISO 8601)."""
    day = datetime.fromtimestamp(period_start(PeriodLevel.DAY, time, zone), zone)
    return _midnight(day - timedelta(days=day.weekday()), zone)


def month_start(time: float, zone: tzinfo | None = None) -> float:
    """Return the start of the month that contains `time`."""
    return _midnight(datetime.fromtimestamp(time, zone).replace(day=1), zone)


def tiles(since: float, until: float, zone: tzinfo | None = None) -> list[Tile]:
    """Return the longest periods that cover [since, until): days, hours at their edges, minutes at the edges of those.

    Both ends are moved outwards to whole minutes.
    """
    first, last = period_start(PeriodLevel.MINUTE, since), -(-until // 60) * 60
    return _tile(PeriodLevel.DAY, first, last, zone) if first < last else []


def _tile(level: PeriodLevel, start: float, end: float, zone: tzinfo | None) -> list[Tile]:
    """Return whole periods of `level` in the middle, with shorter ones on both sides."""
    if level is PeriodLevel.MINUTE:
        return [Tile(level, start, end)] if start < end else []
    first = period_start(level, start, zone)
    if first < start:
        first = next_start(level, first, zone)
    last = period_start(level, end, zone)
    shorter = PeriodLevel(level - 1)
    if first >= last:
        return _tile(shorter, start, end, zone)
    return [*_tile(shorter, start, first, zone), Tile(level, first, last), *_tile(shorter, last, end, zone)]


def _midnight(day: datetime, zone: tzinfo | None) -> float:
    return period_start(PeriodLevel.DAY, day.replace(hour=12, minute=0, second=0, microsecond=0).timestamp(), zone)

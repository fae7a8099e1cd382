"""A season: what is usual at each hour of the week, on a logarithmic scale.

It is the sum of a level, of 24 hours of the day, of 168 hours of the week, and of what recurs within hours. Each of the
first three has a variance, which says how uncertain it is. An hour that was counted changes each of them by its part of
the uncertainty (a Kalman filter whose covariances are nearly neglected): after one day the hours of the day are known,
and after a week those of the week. What is noisy or has few events changes little. An hour that was never seen is taken
from the same hour of other days.
"""

from array import array
from typing import Final

from alerting.calendar import HOURS_OF_DAY, HOURS_OF_WEEK, Moment
from alerting.recurring import Recurring

_DAY_DOUBT: Final = 1.0
"""Variance of an hour of the day before it was seen: by a factor of e from the level."""
_WEEK_DOUBT: Final = 0.04
"""Variance of an hour of the week before it was seen, besides that of the hour of the day: days differ by 20 %."""
_UNSEEN: Final = 1.0
"""Variance of an hour of the week before it was seen, for those who judge: nobody knows what a weekend will be like."""
_LEVEL_LEFT, _DAY_LEFT, _WEEK_LEFT, _LEFT = 0.01, 0.02, 0.15, 0.2
"""Variances do not fall below these parts of the noise: so the level follows within days, an hour of the week within
five weeks.
"""
_CLIP: Final = 3.0
"""Hours that deviate by more than so many standard deviations count as if they deviated by that much."""
_STRANGE: Final = 2.0
"""Standard deviations beyond which an hour of the week that is seen first is unlike the same hour of other days."""
DRIFT: Final = 0.03 / 24
"""Maximum drift of the level in an hour, once it is known: 3 % a day, 23 % a week. A site that grows faster alerts."""
KNOWN_AFTER: Final = 72
"""Hours after which the level is known."""


class Season:
    """The usual of one series, which begins at `level`."""

    __slots__ = (
        "_day", "_day_doubt", "_doubt", "_level_doubt", "_seen", "_week", "_week_doubt", "hours", "level", "recurring",
    )  # fmt: skip

    def __init__(self, level: float) -> None:
        self.level = level
        self.hours = 0
        """Hours that were learned."""
        self._level_doubt = 1.0
        self._day, self._day_doubt = _filled(HOURS_OF_DAY, 0.0), _filled(HOURS_OF_DAY, _DAY_DOUBT)
        # Variances of the sum at each hour that was seen, as parts of the noise: those of its parts cancel out.
        self._doubt = _filled(HOURS_OF_WEEK, 1.0)
        self._week, self._week_doubt = _filled(HOURS_OF_WEEK, 0.0), _filled(HOURS_OF_WEEK, _WEEK_DOUBT)
        self._seen = bytearray(HOURS_OF_WEEK)
        self.recurring = Recurring()
        """What is usual within hours."""

    def at(self, moment: Moment) -> float:
        """Return the logarithm of the usual."""
        return self.smooth(moment) + self.recurring.at(moment.step)

    def smooth(self, moment: Moment) -> float:
        """Return the logarithm of the usual of hours, between the middles of two hours."""
        before, after = moment.before, moment.after
        first = self._day[before % HOURS_OF_DAY] + self._week[before]
        second = self._day[after % HOURS_OF_DAY] + self._week[after]
        return self.level + first + moment.share * (second - first)

    def doubt(self, hour: int, noise: float) -> float:
        """Return the variance of the usual at an hour of the week. `noise` is that of an hour that was counted."""
        return self._doubt[hour] * noise if self._seen[hour] else self._parts(hour) + _UNSEEN

    def is_new(self, hour: int) -> bool:
        """Whether the hour of the week was never learned."""
        return not self._seen[hour]

    def learn(self, hour: int, deviation: float, noise: float) -> None:
        """Take in how far an hour was from the usual. `noise` is the variance of such a deviation."""
        day, doubt = hour % HOURS_OF_DAY, self._doubt[hour] * noise
        if not self._seen[hour]:
            if abs(deviation) > _STRANGE * (self._parts(hour) + noise) ** 0.5:  # a weekend unlike the days before
                self._week_doubt[hour] = deviation * deviation
            doubt = self._parts(hour)
        reach: float = _CLIP * (doubt + noise) ** 0.5
        gain = doubt / (doubt + noise)
        parts = self._parts(hour)
        step = gain * min(max(deviation, -reach), reach) / parts
        drift = self._level_doubt * step
        if self.hours >= KNOWN_AFTER:
            drift = min(max(drift, -DRIFT), DRIFT)
        self.level += drift
        self._day[day] += self._day_doubt[day] * step
        self._week[hour] += self._week_doubt[hour] * step
        scale = parts + noise
        self._level_doubt = _left(self._level_doubt, scale, _LEVEL_LEFT * noise)
        self._day_doubt[day] = _left(self._day_doubt[day], scale, _DAY_LEFT * noise)
        self._week_doubt[hour] = _left(self._week_doubt[hour], scale, _WEEK_LEFT * noise)
        self._doubt[hour] = max(gain, _LEFT)
        self._seen[hour] = 1
        self.hours += 1

    def _parts(self, hour: int) -> float:
        """Return the variance of the three parts together."""
        return self._level_doubt + self._day_doubt[hour % HOURS_OF_DAY] + self._week_doubt[hour]


def _filled(length: int, value: float) -> "array[float]":
    return array("f", [value]) * length


def _left(doubt: float, scale: float, least: float) -> float:
    return max(doubt * (1 - doubt / scale), least)

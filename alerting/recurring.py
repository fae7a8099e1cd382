"""What recurs within an hour at the same time of day, such as a job from 3:00 to 3:24, or the opening at 8:00.

A season is smooth. Beside it, each five minutes of the day have a deviation from their hour, on a logarithmic scale:
the mean of the last days, in which what is noisy or far from the usual counts for little. If it comes four days in a
row, it recurs, and is usual from then on.
"""

from array import array
from math import exp, log
from typing import Final

from alerting.calendar import STEPS_OF_DAY, STEPS_OF_HOUR

_GAIN: Final = 0.1
"""Part of a day in the mean."""
_CALM: Final = 0.2
"""Noise up to which a day counts fully."""
_STRANGE: Final = 2.5
"""Standard deviations beyond which something may recur."""
_RECURS: Final = 4
"""Days in a row after which it does. A weekend has two, and often another day before or after it is quiet."""


class Recurring:
    """The deviations of one series."""

    __slots__ = ("_days", "_strange", "_values")

    def __init__(self) -> None:
        self._values = array("f", bytes(4 * STEPS_OF_DAY))
        # What was strange on the last days, the least of it, and on how many.
        self._strange = array("f", bytes(4 * STEPS_OF_DAY))
        self._days = bytearray(STEPS_OF_DAY)

    def at(self, step: int) -> float:
        """Return the deviation that is usual at a step of the day."""
        return self._values[step]

    def nearer(self, step: int, apart: float) -> float:
        """Return how far a value that is `apart` from the usual is excused: it may come a step early or late."""
        values = self._values
        own, before, after = values[step], values[step - 1], values[(step + 1) % STEPS_OF_DAY]
        return min(max(apart, min(own, before, after) - own), max(own, before, after) - own)

    def learn(self, step: int, deviation: float, noise: float) -> None:
        """Take in how far a step was from what is usual in its hour. `noise` is the variance of such a deviation."""
        limit = _STRANGE * noise**0.5
        if abs(deviation) <= limit:
            self._days[step] = 0
        elif self._days[step] and self._strange[step] * deviation > 0:
            self._days[step] += 1
            self._strange[step] = min(self._strange[step], deviation, key=abs)
        else:
            self._days[step], self._strange[step] = 1, deviation
        if self._days[step] == _RECURS:
            self._values[step] += self._strange[step]
            self._days[step] = 0
        else:
            self._values[step] += _GAIN * min(1.0, _CALM / noise) * min(max(deviation, -limit), limit)

    def balance(self, step: int) -> None:
        """Let the steps of the hour that contains this one have the mean of the hour: how high that is, the season
        knows.
        """
        first = step - step % STEPS_OF_HOUR
        steps = range(first, first + STEPS_OF_HOUR)
        mean = log(sum(exp(self._values[each]) for each in steps) / STEPS_OF_HOUR)
        for each in steps:
            self._values[each] -= mean

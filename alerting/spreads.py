"""How far a series usually is from what is expected, over each of the times that are judged.

A slow leak or a ramp is within the limit for hours before it alerts. What is learned in them would widen the band, so
that the next incident is not found: it is forgotten when the alert begins.
"""

from array import array
from collections import deque
from typing import Final

from alerting.reach import SHORT
from alerting.spread import Spread

_BEFORE: Final = 4
"""Hours before an alert from which no spread is learned."""


class Spreads:
    """A spread for each time."""

    __slots__ = ("_earlier", "daily", "hourly", "short")

    def __init__(self) -> None:
        self.short = [Spread(0.25, 3.0 if reach.windows == 2 else 4.0, reach.least_tail) for reach in SHORT]
        self.hourly = Spread(0.3, 3.3, 2.5, narrowest=0.04, first_step=0.3, settled=400)
        self.daily = Spread(0.3, 3.3, 2.5, narrowest=0.04, first_step=0.3, settled=400)
        self._earlier: deque[array[float]] = deque(maxlen=_BEFORE)

    def order_clusters(self) -> None:
        """Let no cluster be smaller than that of a shorter time: what comes together does so in longer times too."""
        least = 0.0
        for spread in self._all():
            spread.cluster = least = max(least, spread.cluster)

    def keep(self) -> None:
        """Let an hour end."""
        self._earlier.append(array("d", [value for each in self._all() for value in each.learned]))

    def unlearn(self) -> None:
        """Go back to what was known some hours ago."""
        if not self._earlier:
            return
        values = iter(self._earlier[0])
        for each in self._all():
            each.learned = next(values), next(values), next(values)
        self._earlier.clear()
        self.keep()

    def _all(self) -> list[Spread]:
        return [*self.short, self.hourly, self.daily]

"""How long nothing was seen, in events that were expected meanwhile. A small site is silent for minutes all day: what
matters is whether it was ever silent for so many.

Visits come by chance, so the longest silence of weeks is known well after some of them, and one that is half as long
again is an outage. An outage counts up to where it alerts.
"""

from typing import Final

from alerting.calendar import HOURS_OF_WEEK
from alerting.most import Most
from alerting.season import KNOWN_AFTER

FURTHER: Final = 1.5
"""Factor beyond the longest usual silence at which it alerts."""
LEAST: Final = 10.0
"""Expected events below which silence says nothing."""
CLUSTERS: Final = 6.5
"""The same in clusters, each of which is about two visits. Eight visits do not come by chance once in some weeks, which
is too seldom to be learned.
"""


class Silence:
    """The present silence of a series, and the longest that was usual."""

    __slots__ = ("_hours", "_least", "_longest", "expected", "seconds", "windows")

    def __init__(self) -> None:
        self._longest = Most()
        self._hours = 0
        self._least = LEAST
        self.expected = 0.0
        """Events that were expected since the last one was seen."""
        self.seconds = 0.0
        self.windows = 0

    def enter(self, seen: float, expected: float, seconds: float, hours: int, cluster: float) -> None:
        """Take in a window, of which so much was expected after so many `hours` of learning. So many events come in a
        `cluster`. Silences are learned from when the level is known, and judged when the week is.
        """
        self._hours = hours
        self._least = max(LEAST, CLUSTERS * cluster)
        self._longest.fade()
        if not seen:
            self.expected += expected
            self.seconds += seconds
            self.windows += 1
            return
        if hours >= KNOWN_AFTER:
            most = self._limit if hours >= HOURS_OF_WEEK else self.expected
            self._longest.take(min(self.expected, most))
        self.forget()

    @property
    def severity(self) -> float:
        """The present silence as a part of that which alerts; 0 before the first week was seen."""
        return self.expected / self._limit if self._hours >= HOURS_OF_WEEK else 0.0

    @property
    def _limit(self) -> float:
        return max(self._least, FURTHER * self._longest.value)

    def forget(self) -> None:
        """Begin anew, as after a time that nobody watched."""
        self.expected = self.seconds = 0.0
        self.windows = 0

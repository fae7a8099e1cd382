"""How long nothing was seen, in events that were expected meanwhile. A small site is silent for minutes all day: what
matters is whether it was ever silent for so many.

Visits come by chance, so the longest silence of weeks is known well after some of them, and one that is half as long
again is an outage. An outage counts up to where it alerts.
"""

from math import exp
from typing import Final

from alerting.calendar import HOURS_OF_WEEK
from alerting.most import Most
from alerting.scale import Sum
from alerting.season import KNOWN_AFTER

FURTHER: Final = 1.5
"""Factor beyond the longest usual silence at which it alerts."""
LEAST: Final = 10.0
"""Expected events below which silence says nothing."""
CLUSTERS: Final = 6.5
"""The same in clusters, each of which is about two visits. Once in some weeks, eight expected visits stay away by
chance: too seldom to be learned.
"""


class Silence:
    """The present silence of a series, and the longest that was usual."""

    __slots__ = ("_hours", "_least", "_longest", "_quiet", "expected", "seconds", "windows")

    def __init__(self) -> None:
        self._longest = Most()
        self._hours = 0
        self._least = LEAST
        # How far the day was below the season when the last event was seen. The silence itself is no quiet day.
        self._quiet = 0.0
        self.expected = 0.0
        """Events that were expected since the last one was seen."""
        self.seconds = 0.0
        self.windows = 0

    def enter(self, window: Sum, offset: float, seconds: float, hours: int, cluster: float) -> None:
        """Take in a window of so many `seconds`, before which the day was by `offset` away from the season. So many
        events come in a `cluster`. After some `hours` of learning the level is known, and silences are learned from;
        after a week they are judged.
        """
        self._hours = hours
        self._least = max(LEAST, CLUSTERS * cluster)
        self._longest.fade()
        if not window.seen:
            self.expected += window.expected * exp(self._quiet)
            self.seconds += seconds
            self.windows += 1
            return
        if hours >= KNOWN_AFTER:
            most = self._limit if hours >= HOURS_OF_WEEK else self.expected
            self._longest.take(min(self.expected, most))
        self.forget()
        self._quiet = min(0.0, offset)

    @property
    def severity(self) -> float:
        """The present silence as a part of that which alerts; 0 before the first week was seen."""
        return self.expected / self._limit if self._hours >= HOURS_OF_WEEK else 0.0

    @property
    def _limit(self) -> float:
        return max(self._least, FURTHER * self._longest.value)

    def forget(self) -> None:
        """Begin anew, as after a time that nobody watched."""
        self.expected = self.seconds = self._quiet = 0.0
        self.windows = 0

"""Keys without a season, such as the network of a crawler that was never here: as they have no usual traffic of their
own, the largest is compared with the most that one of them usually has.
"""

from collections.abc import Container, Mapping
from typing import Final

from alerting.most import Most

FURTHER: Final = 2.0
"""Factor above the most that is usual at which it alerts."""
GROWTH: Final = 1.03
"""Factor on the most in a window with a newcomer beyond the limit: what comes every day is usual after a week or two,
and a flood of an hour hides no crawler.
"""
LEAST: Final = 0.01
"""Part of a newcomer beyond the limit from which the most grows."""
KNOWN_AFTER: Final = 720
"""Windows after which the most is known: a day."""


class Newcomers:
    """The largest newcomer of each window."""

    def __init__(self) -> None:
        self._most = Most()
        self._windows = 0
        self.largest = ""
        """Of the last window; empty if there was none."""
        self.rate = 0.0
        """Its requests per second."""

    def enter(self, rates: Mapping[str, float]) -> None:
        """Take in the requests per second of the newcomers in a window."""
        self._windows += 1
        self.largest = max(rates, key=rates.__getitem__, default="")
        self.rate = rates.get(self.largest, 0.0)

    def limit(self, floor: float) -> float | None:
        """Return the rate from which on a newcomer alerts, at least `floor`; None while that is not known."""
        return max(floor, FURTHER * self._most.value) if self._windows > KNOWN_AFTER else None

    def learn(self, known: Container[str], beyond: Container[str]) -> None:
        """Learn from the window, unless its largest newcomer got a season."""
        self._most.fade()
        if self.largest in beyond:
            self._most.take(min(GROWTH * max(self._most.value, LEAST * self.rate), self.rate))
        elif self.largest not in known:
            self._most.take(self.rate)

    def accept(self, rate: float) -> None:
        """Take a rate as usual."""
        self._most.take(rate)

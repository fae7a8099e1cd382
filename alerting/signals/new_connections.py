"""Far more new connections than usual: a flood, or clients that lost keep-alive."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.contributors import excess
from alerting.rule import WHOLE, Measured
from alerting.sums import NEW_CONNECTIONS
from alerting.window import Window


class NewConnections:
    """Connections with a first request per second, above the baseline by more than `threshold` percent.

    It is silent below `floor` connections per second.
    """

    name, title, unit, sums = "new_connections", "New connections", Unit.CONNECTIONS, NEW_CONNECTIONS
    headline, quantity = "Many new connections", "rate"
    low, points, least, learns_from = False, False, 0.0, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Connections per second."""
        rate = window.of(NEW_CONNECTIONS[0]).total / window.seconds
        return {WHOLE: Measured(rate, rate)}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Who has the largest part of what is more than usual."""
        return excess(self.sums, window, usual)

"""Far more new connections than usual: a flood, or clients that lost keep-alive."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import excess_contributors
from alerting.rule import WHOLE, Measured
from alerting.signal_statistics import NEW_CONNECTIONS
from alerting.window import Window


class NewConnections:
    """New connections with a request, per second; alerts `threshold` percent above the baseline.

    It is silent below `floor` connections per second.
    """

    name, title, unit, statistics = "new_connections", "New connections", SignalUnit.CONNECTIONS, NEW_CONNECTIONS
    headline, quantity = "Many new connections", "rate"
    low, points, least, learns_from = False, False, 0.0, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the connections per second."""
        rate = window.of(NEW_CONNECTIONS[0]).total / window.seconds
        return {WHOLE: Measured(rate, rate)}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to the excess over the usual."""
        return excess_contributors(self.statistics, window, usual)

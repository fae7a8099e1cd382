"""Far more new connections than usual: a flood, or clients that lost keep-alive."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.counts.connections import Connections
from alerting.rule import WHOLE, Measured


class NewConnections:
    """Connections with a first request per second, above the baseline by more than `threshold` percent.

    It is silent below `floor` connections per second.
    """

    name, title, unit, count = "new_connections", "New connections", Unit.CONNECTIONS, Connections
    headline, quantity = "Many new connections", "rate"
    low, points, least, learns_from = False, False, 0.0, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor

    def measure(self, count: Connections, seconds: float) -> Mapping[str, Measured]:
        """Connections per second."""
        rate = count.new.total / seconds
        return {WHOLE: Measured(rate, rate)}

    def contributors(
        self, count: Connections, subject: str, usual: Connections | None, scale: float
    ) -> tuple[Contributor, ...]:
        """Who has the largest part of what is more than usual."""
        return (count.new.above(usual.new, scale) if usual else count.new).contributors()

"""Far fewer requests than a moment ago: an outage, of the server or on the way to it."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.counts.requests import Requests
from alerting.rule import WHOLE, Measured


class TrafficDrop:
    """Requests per second, below the baseline by more than `threshold` percent.

    It is silent where the baseline is below `floor`, in requests per second: little traffic comes and goes by chance.
    """

    name, title, unit, count = "traffic_drop", "Traffic drop", Unit.REQUESTS, Requests
    headline, quantity = "Low traffic", "rate"
    low, points, least, learns_from = True, False, 0.0, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor

    def measure(self, count: Requests, seconds: float) -> Mapping[str, Measured]:
        """Requests per second."""
        return {WHOLE: Measured(count.all.total / seconds, count.all.total)}

    def contributors(
        self, count: Requests, subject: str, usual: Requests | None, scale: float
    ) -> tuple[Contributor, ...]:
        """Who has the largest part of what is missing, seen from what was usual."""
        return usual.all.above(count.all, 1 / scale).contributors() if usual else ()

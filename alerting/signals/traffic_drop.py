"""Far fewer requests than a moment ago: an outage, of the server or on the way to it."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.contributors import excess
from alerting.rule import WHOLE, Measured
from alerting.sums import REQUESTS
from alerting.window import Window


class TrafficDrop:
    """Requests per second, below the baseline by more than `threshold` percent.

    It is silent where the baseline is below `floor`, in requests per second: little traffic comes and goes by chance.
    """

    name, title, unit, sums = "traffic_drop", "Traffic drop", Unit.REQUESTS, REQUESTS
    headline, quantity = "Low traffic", "rate"
    low, points, least, learns_from = True, False, 0.0, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Requests per second."""
        requests = window.of(REQUESTS[0]).total
        return {WHOLE: Measured(requests / window.seconds, requests)}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Who has the largest part of what is missing, seen from what was usual."""
        return excess(self.sums, usual, window) if usual else ()

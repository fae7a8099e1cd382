"""Far fewer requests than a moment ago: an outage of the server, or on the way to it."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import missing_contributors
from alerting.rule import WHOLE, Measured
from alerting.signal_statistics import ASKED, REQUESTS
from alerting.window import Window


class TrafficDrop:
    """Requests per second; alerts `threshold` percent below the baseline.

    It is silent if the baseline is below `floor` requests per second: little traffic comes and goes by chance.
    """

    name, title, unit, statistics = "traffic_drop", "Traffic drop", SignalUnit.REQUESTS, ASKED
    headline, quantity = "Low traffic", "rate"
    low, points, least, learns_from = True, False, 0.0, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the requests per second."""
        requests = window.of(REQUESTS[0]).total
        return {WHOLE: Measured(requests / window.seconds, requests)}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to the missing requests, compared with the usual."""
        return missing_contributors(self.statistics, window, usual)

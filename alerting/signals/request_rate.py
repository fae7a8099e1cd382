"""More requests than usual."""

from collections.abc import Mapping
from fractions import Fraction

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import excess_contributors
from alerting.rule import WHOLE, Measured
from alerting.signal_statistics import ASKED, REQUESTS
from alerting.window import Window


class RequestRate:
    """Requests per bucket; alerts `threshold` percent above the baseline."""

    name, title, unit, statistics = "request_rate", "Request rate", SignalUnit.HITS, ASKED
    headline, quantity = "High traffic", "hits"
    low, points, least, floor, learns_from = False, False, 0.0, 0.0, 0.0

    def __init__(self, threshold: float, bucket_size: float) -> None:
        self.threshold = threshold
        self._bucket_size = bucket_size

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the requests per bucket.

        If the learning phase has another length, they are scaled to a bucket: rounded to a whole number, and at least 1
        if there were any.
        """
        requests = window.of(REQUESTS[0]).total
        if requests and window.seconds != self._bucket_size:
            scaled = requests * Fraction(self._bucket_size) / Fraction(window.seconds)
            requests = max(1, int(scaled + Fraction(1, 2)))
        return {WHOLE: Measured(requests, requests)}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to the excess over the usual."""
        return excess_contributors(self.statistics, window, usual)

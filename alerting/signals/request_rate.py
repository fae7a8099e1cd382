"""More requests than usual."""

from collections.abc import Mapping
from fractions import Fraction

from alerting.alert import Contributor, Unit
from alerting.contributors import excess
from alerting.rule import WHOLE, Measured
from alerting.sums import REQUESTS
from alerting.window import Window


class RequestRate:
    """Requests per bucket, above the baseline by more than `threshold` percent."""

    name, title, unit, sums = "request_rate", "Request rate", Unit.HITS, REQUESTS
    headline, quantity = "High traffic", "hits"
    low, points, least, floor, learns_from = False, False, 0.0, 0.0, 0.0

    def __init__(self, threshold: float, bucket_size: float) -> None:
        self.threshold = threshold
        self._bucket_size = bucket_size

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Requests. Those of a learning time of another length are scaled: to the nearest whole number, and to at least
        1 if there were any.
        """
        requests = window.of(REQUESTS[0]).total
        if requests and window.seconds != self._bucket_size:
            scaled = requests * Fraction(self._bucket_size) / Fraction(window.seconds)
            requests = max(1, int(scaled + Fraction(1, 2)))
        return {WHOLE: Measured(requests, requests)}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Who has the largest part of what is more than usual."""
        return excess(self.sums, window, usual)

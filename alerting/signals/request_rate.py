"""More requests than usual."""

from collections.abc import Mapping
from fractions import Fraction

from alerting.alert import Contributor, Unit
from alerting.counts.requests import Requests
from alerting.rule import WHOLE, Measured


class RequestRate:
    """Requests per bucket, above the baseline by more than `threshold` percent."""

    name, title, unit, count = "request_rate", "Request rate", Unit.HITS, Requests
    headline, quantity = "High traffic", "hits"
    low, points, least, floor, learns_from = False, False, 0.0, 0.0, 0.0

    def __init__(self, threshold: float, bucket_size: float) -> None:
        self.threshold = threshold
        self._bucket_size = bucket_size

    def measure(self, count: Requests, seconds: float) -> Mapping[str, Measured]:
        """Requests. Those of a learning time of another length are scaled: to the nearest whole number, and to at least
        1 if there were any.
        """
        requests = count.all.total
        if requests and seconds != self._bucket_size:
            scaled = requests * Fraction(self._bucket_size) / Fraction(seconds)
            requests = max(1, int(scaled + Fraction(1, 2)))
        return {WHOLE: Measured(requests, requests)}

    def contributors(
        self, count: Requests, subject: str, usual: Requests | None, scale: float
    ) -> tuple[Contributor, ...]:
        """Who has the largest part of what is more than usual."""
        return (count.all.above(usual.all, scale) if usual else count.all).contributors()

"""More responses with a client error than usual: refused, unauthorised, malformed. What is not there is no error."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.counts.responses import Responses
from alerting.rule import WHOLE, Measured


class ErrorRatio4xx:
    """4xx without 404 and 410 among all responses, above the baseline by more than `threshold` percentage points.

    It is silent below `floor` responses in a bucket: few make no ratio.
    """

    name, title, unit, count = "error_ratio_4xx", "4xx responses", Unit.PERCENT, Responses
    headline, quantity = "4xx responses (404 and 410 left out)", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2

    def measure(self, count: Responses, seconds: float) -> Mapping[str, Measured]:
        """Percent of the responses."""
        if not count.answered:
            return {}
        return {WHOLE: Measured(100 * count.client_errors.total / count.answered, count.answered)}

    def contributors(
        self, count: Responses, subject: str, usual: Responses | None, scale: float
    ) -> tuple[Contributor, ...]:
        """Who has the largest part of them."""
        return count.client_errors.contributors()

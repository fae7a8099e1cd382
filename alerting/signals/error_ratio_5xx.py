"""More responses with a server error than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.counts.responses import Responses
from alerting.rule import WHOLE, Measured


class ErrorRatio5xx:
    """5xx among all responses, above the baseline by more than `threshold` percentage points.

    It is silent below `floor` responses in a bucket: few make no ratio.
    """

    name, title, unit, count = "error_ratio_5xx", "5xx responses", Unit.PERCENT, Responses
    headline, quantity = "5xx responses", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2

    def measure(self, count: Responses, seconds: float) -> Mapping[str, Measured]:
        """Percent of the responses."""
        if not count.answered:
            return {}
        return {WHOLE: Measured(100 * count.server_errors.total / count.answered, count.answered)}

    def contributors(
        self, count: Responses, subject: str, usual: Responses | None, scale: float
    ) -> tuple[Contributor, ...]:
        """Who has the largest part of them."""
        return count.server_errors.contributors()

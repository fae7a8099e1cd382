"""More requests without response than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.counts.responses import Responses
from alerting.rule import WHOLE, Measured


class Unanswered:
    """Requests that got none among those that ended, above the baseline by more than `threshold` percentage points.

    Those that the capture lost sight of say nothing about the server, and are left out.

    It is silent below `floor` requests in a bucket: few make no ratio.
    """

    name, title, unit, count = "unanswered", "Without response", Unit.PERCENT, Responses
    headline, quantity = "Requests without response", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2

    def measure(self, count: Responses, seconds: float) -> Mapping[str, Measured]:
        """Percent of the requests that ended."""
        if not count.ended:
            return {}
        return {WHOLE: Measured(100 * count.unanswered.total / count.ended, count.ended)}

    def contributors(
        self, count: Responses, subject: str, usual: Responses | None, scale: float
    ) -> tuple[Contributor, ...]:
        """Who has the largest part of them."""
        return count.unanswered.contributors()

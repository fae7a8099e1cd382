"""One section gets far more of the requests than the largest usually does: a run on it, or an attack."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.counts.requests import Requests
from alerting.rule import WHOLE, Measured


class DominantSection:
    """The share of the section with the most requests, above the baseline by more than `threshold` percentage points.

    It is silent below `floor` requests in a bucket: the last visitor of a night dominates it.
    """

    name, title, unit, count = "dominant_section", "Largest section", Unit.PERCENT, Requests
    headline, quantity = "One section", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 10

    def measure(self, count: Requests, seconds: float) -> Mapping[str, Measured]:
        """Percent of the requests."""
        largest = count.all.shares["section"].largest(1)
        if not largest:
            return {}
        return {WHOLE: Measured(100 * largest[0][1] / count.all.total, count.all.total)}

    def contributors(
        self, count: Requests, subject: str, usual: Requests | None, scale: float
    ) -> tuple[Contributor, ...]:
        """The section, and who else has a large part."""
        return count.all.contributors()

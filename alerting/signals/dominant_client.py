"""One client sends far more of the requests than the largest usually does: a flood, a crawler, a loop."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.counts.requests import Requests
from alerting.rule import WHOLE, Measured


class DominantClient:
    """The share of the client with the most requests, above the baseline by more than `threshold` percentage points.

    It is silent below `floor` requests in a bucket: the last visitor of a night dominates it.
    """

    name, title, unit, count = "dominant_client", "Largest client", Unit.PERCENT, Requests
    headline, quantity = "One client", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 10

    def measure(self, count: Requests, seconds: float) -> Mapping[str, Measured]:
        """Percent of the requests."""
        largest = count.all.shares["client"].largest(1)
        if not largest:
            return {}
        return {WHOLE: Measured(100 * largest[0][1] / count.all.total, count.all.total)}

    def contributors(
        self, count: Requests, subject: str, usual: Requests | None, scale: float
    ) -> tuple[Contributor, ...]:
        """The client, and who else has a large part."""
        return count.all.contributors()

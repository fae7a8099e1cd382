"""One section gets far more of the requests than the largest usually does: a run on it, or an attack."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.contributors import all_of, largest
from alerting.rule import WHOLE, Measured
from alerting.sums import REQUESTS
from alerting.window import Window


class DominantSection:
    """The share of the section with the most requests, above the baseline by more than `threshold` percentage points.

    It is silent below `floor` requests in a bucket: the last visitor of a night dominates it.
    """

    name, title, unit, sums = "dominant_section", "Largest section", Unit.PERCENT, REQUESTS
    headline, quantity = "One section", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 10

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Percent of the requests."""
        sections = window.of(REQUESTS[1])
        found = largest(sections.names(), 1)
        return {WHOLE: Measured(100 * found[0][1] / sections.total, sections.total)} if found else {}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """The section, and who else has a large part."""
        return all_of(self.sums, window)

"""One section gets a far larger share of the requests than usual: a rush, or an attack."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import largest, main_contributors
from alerting.rule import WHOLE, Measured
from alerting.signal_statistics import REQUESTS
from alerting.window import Window


class DominantSection:
    """Share of the section with the most requests; alerts `threshold` percentage points above the baseline.

    It is silent below `floor` requests in a bucket: late at night, the last visitor's section always dominates.
    """

    name, title, unit, statistics = "dominant_section", "Largest section", SignalUnit.PERCENT, REQUESTS
    headline, quantity = "Dominant section", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 10

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the share in percent of the requests."""
        sections = window.of(REQUESTS[1])
        found = largest(sections.names(), 1)
        return {WHOLE: Measured(100 * found[0][1] / sections.total, sections.total)} if found else {}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the section, and others with a larger share than usual."""
        return main_contributors(self.statistics, window, usual, "section")

"""More requests without response than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.contributors import blamed
from alerting.rule import WHOLE, Measured
from alerting.sums import FAULTS, OUTCOMES, UNANSWERED
from alerting.window import Window


class Unanswered:
    """Requests that got none among those that ended, above the baseline by more than `threshold` percentage points.

    Those that the capture lost sight of say nothing about the server, and are left out.

    It is silent below `floor` requests in a bucket: few make no ratio.
    """

    name, title, unit, sums = "unanswered", "Without response", Unit.PERCENT, (OUTCOMES, *FAULTS)
    headline, quantity = "Requests without response", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Percent of the requests that ended."""
        outcomes = window.of(OUTCOMES)
        ended = outcomes.total
        return {WHOLE: Measured(100 * outcomes.amount(UNANSWERED) / ended, ended)} if ended else {}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Who has the largest part of them."""
        return blamed(window, UNANSWERED, "ending")

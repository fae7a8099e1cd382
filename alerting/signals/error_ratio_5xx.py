"""More responses with a server error than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.contributors import blamed
from alerting.rule import WHOLE, Measured
from alerting.sums import FAULTS, OUTCOMES, SERVER_ERROR, UNANSWERED
from alerting.window import Window


class ErrorRatio5xx:
    """5xx among all responses, above the baseline by more than `threshold` percentage points.

    It is silent below `floor` responses in a bucket: few make no ratio.
    """

    name, title, unit, sums = "error_ratio_5xx", "5xx responses", Unit.PERCENT, (OUTCOMES, *FAULTS)
    headline, quantity = "5xx responses", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Percent of the responses."""
        outcomes = window.of(OUTCOMES)
        responses = outcomes.total - outcomes.amount(UNANSWERED)
        return {WHOLE: Measured(100 * outcomes.amount(SERVER_ERROR) / responses, responses)} if responses else {}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Who has the largest part of them."""
        return blamed(window, SERVER_ERROR)

"""More responses with a client error than usual: refused, unauthorised, malformed. What is not there is no error."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.contributors import blamed
from alerting.rule import WHOLE, Measured
from alerting.sums import CLIENT_ERROR, FAULTS, OUTCOMES, UNANSWERED
from alerting.window import Window


class ErrorRatio4xx:
    """4xx without 404 and 410 among all responses, above the baseline by more than `threshold` percentage points.

    It is silent below `floor` responses in a bucket: few make no ratio.
    """

    name, title, unit, sums = "error_ratio_4xx", "4xx responses", Unit.PERCENT, (OUTCOMES, *FAULTS)
    headline, quantity = "4xx responses (404 and 410 left out)", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Percent of the responses."""
        outcomes = window.of(OUTCOMES)
        responses = outcomes.total - outcomes.amount(UNANSWERED)
        return {WHOLE: Measured(100 * outcomes.amount(CLIENT_ERROR) / responses, responses)} if responses else {}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Who has the largest part of them."""
        return blamed(window, CLIENT_ERROR)

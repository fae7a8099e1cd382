"""More server errors than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import failure_contributors
from alerting.rule import WHOLE, Measured
from alerting.signal_statistics import ASKED, FAULTS, OUTCOMES, SERVER_ERROR, UNANSWERED
from alerting.window import Window


class ErrorRatio5xx:
    """Share of 5xx among all responses; alerts `threshold` percentage points above the baseline.

    It is silent below `floor` responses in a bucket: a ratio of few responses means nothing.
    """

    name, title, unit, statistics = "error_ratio_5xx", "5xx responses", SignalUnit.PERCENT, (OUTCOMES, *FAULTS, *ASKED)
    headline, quantity = "High 5xx share", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the share in percent of the responses."""
        outcomes = window.of(OUTCOMES)
        responses = outcomes.total - outcomes.amount(UNANSWERED)
        return {WHOLE: Measured(100 * outcomes.amount(SERVER_ERROR) / responses, responses)} if responses else {}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to these responses."""
        return failure_contributors(window, SERVER_ERROR)

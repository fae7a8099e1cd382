"""More requests without a response than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import failure_contributors
from alerting.rule import WHOLE, Measured
from alerting.signal_statistics import ASKED, FAULTS, OUTCOMES, UNANSWERED
from alerting.window import Window


class Unanswered:
    """Share of unanswered requests among all that ended; alerts `threshold` percentage points above the baseline.

    Requests that the capture lost track of are left out, because they say nothing about the server.

    It is silent below `floor` requests in a bucket: a ratio of few requests means nothing.
    """

    name, title, unit, statistics = "unanswered", "Unanswered requests", SignalUnit.PERCENT, (OUTCOMES, *FAULTS, *ASKED)
    headline, quantity = "Many unanswered requests", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the share in percent of the requests that ended."""
        outcomes = window.of(OUTCOMES)
        ended = outcomes.total
        return {WHOLE: Measured(100 * outcomes.amount(UNANSWERED) / ended, ended)} if ended else {}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to these requests."""
        return failure_contributors(window, UNANSWERED, "ending")

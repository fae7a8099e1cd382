"""More lookups of names that do not exist than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import contributors, shares
from alerting.dns_statistics import ANSWERED, CODES, UNKNOWN_NAMES
from alerting.rule import WHOLE, Measured
from alerting.window import Window
from stats.dns import NXDOMAIN


class NxdomainRatio:
    """Share of NXDOMAIN among all DNS answers; alerts `threshold` percentage points above the baseline.

    It is silent below `floor` answers in a bucket.
    """

    name, title, unit, statistics = (
        "nxdomain_ratio", "NXDOMAIN answers", SignalUnit.PERCENT, (CODES, *ANSWERED, *UNKNOWN_NAMES)
    )  # fmt: skip
    headline, quantity = "High NXDOMAIN share", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the share in percent of the answers."""
        answers = window.of(CODES).total
        return {WHOLE: Measured(100 * _unknown(window) / answers, answers)} if answers else {}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to these answers. Usual is the share of all answers."""
        unknown = {each.kind: window.of(each).names() for each in UNKNOWN_NAMES}
        answered = {each.kind: shares(window.of(each)) for each in ANSWERED}
        return contributors(_unknown(window), unknown, answered)


def _unknown(window: Window) -> int:
    return window.of(CODES).names().get(NXDOMAIN, 0)

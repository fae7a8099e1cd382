"""More failures of a section, a host, a server or a network than usual at this hour."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import fault_contributors
from alerting.keys import asked, failed
from alerting.rule import Measured
from alerting.signal_statistics import ASKED, FAULTS, OUTCOMES
from alerting.window import Window


class KeyErrors:
    """Share of failures among the requests of each section, host, server and network: 5xx, 4xx without 404 and 410, and
    requests without a response. Alerts `threshold` percentage points above the usual.

    It is silent about keys with fewer than `floor` requests.
    """

    name, title, unit, statistics = "key_errors", "Failures by key", SignalUnit.PERCENT, (OUTCOMES, *FAULTS, *ASKED)
    headline, quantity = "Many failures", "share of failures"
    low, points, least, by_key = False, True, 0.0, True

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = min(5.0, floor / 2)

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the share in percent by key."""
        failures = failed(window)
        return {
            name: Measured(min(100.0, 100 * failures.get(name, 0) / amount), amount)
            for name, amount in asked(window).items()
            if amount
        }

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to the excess of failures over the usual."""
        return fault_contributors(window, usual)

"""Far more requests for a section, a host or a server, or from a network, than usual at this hour."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import excess_contributors
from alerting.keys import asked
from alerting.rule import Measured
from alerting.signal_statistics import ASKED
from alerting.window import Window


class KeyRequests:
    """Requests per second of each section, host, server and network; alerts `threshold` percent above the usual.

    It is silent about keys with fewer than `floor` requests in a bucket.
    """

    name, title, unit, statistics = "key_requests", "Requests by key", SignalUnit.REQUESTS, ASKED
    headline, quantity = "Many requests", "rate"
    low, points, least, by_key = False, False, 0.0, True

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = min(5.0, floor / 2)

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the requests per second by key."""
        return {name: Measured(amount / window.seconds, amount) for name, amount in asked(window).items()}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to the excess of all requests over the usual."""
        return excess_contributors(self.statistics, window, usual)

"""One client sends a far larger share of the requests than usual: a flood, a crawler, a loop."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import largest, main_contributors
from alerting.rule import WHOLE, Measured
from alerting.signal_statistics import REQUESTS
from alerting.window import Window


class DominantClient:
    """Share of the client with the most requests; alerts `threshold` percentage points above the baseline.

    It is silent below `floor` requests in a bucket: late at night, the last visitor always dominates.
    """

    name, title, unit, statistics = "dominant_client", "Largest client", SignalUnit.PERCENT, REQUESTS
    headline, quantity = "Dominant client", "share"
    low, points, least = False, True, 0.0

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 10

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the share in percent of the requests."""
        clients = window.of(REQUESTS[0])
        found = largest(clients.names(), 1)
        return {WHOLE: Measured(100 * found[0][1] / clients.total, clients.total)} if found else {}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the client, and others with a larger share than usual."""
        return main_contributors(self.statistics, window, usual, "client")

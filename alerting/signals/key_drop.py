"""Far fewer requests for a section, a host or a server than usual at this hour."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import missing_contributors
from alerting.keys import asked
from alerting.rule import Measured
from alerting.signal_statistics import ASKED
from alerting.window import Window


class KeyDrop:
    """Requests per second of each section, host and server; alerts `threshold` percent below the usual.

    It is silent about keys whose usual is below `floor` requests per second.
    """

    name, title, unit, statistics = "key_drop", "Drop by key", SignalUnit.REQUESTS, ASKED
    headline, quantity = "Few requests", "rate"
    low, points, least, by_key = True, False, 0.0, True

    def __init__(self, threshold: float, floor: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = 5.0

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the requests per second by key."""
        found = asked(window, ("section", "server"))
        return {name: Measured(amount / window.seconds, amount) for name, amount in found.items()}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to the missing requests, compared with the usual."""
        return missing_contributors(self.statistics, window, usual)

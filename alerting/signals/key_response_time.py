"""Slower responses of a section, a host or a server than usual at this hour."""

from collections.abc import Mapping

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import slow_contributors
from alerting.keys import times
from alerting.rule import Measured
from alerting.signal_statistics import TIMES_OF_KEYS
from alerting.signals.response_time import SHARE
from alerting.window import Window


class KeyResponseTime:
    """95th percentile of the response times of each section, host and server; alerts `threshold` percent above the
    usual.

    It is silent about keys with fewer than `floor` responses. A p95 up to `least` seconds is never slow.
    """

    name, title, unit, statistics = "key_response_time", "Response time by key", SignalUnit.SECONDS, TIMES_OF_KEYS
    headline, quantity = "Slow responses", "p95"
    low, points, by_key = False, False, True

    def __init__(self, threshold: float, floor: float, least: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = min(5.0, floor / 2)
        self.least = least

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the p95 in seconds by key."""
        sums = {each.kind: window.of(each) for each in self.statistics if each.kind in ("section", "server")}
        found = times(sums, min(3.0, self.learns_from))
        return {name: Measured(each.quantile(SHARE) or 0.0, each.times) for name, each in found.items() if each.bins}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to the responses that are slower than the key's usual p95."""
        return slow_contributors(self.statistics, window, subject, usual)

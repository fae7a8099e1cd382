"""A server that responds more slowly than usual."""

from collections.abc import Mapping
from typing import Final

from alerting.alert import Contributor, SignalUnit
from alerting.contributors import contributors, shares
from alerting.rule import Measured
from alerting.signal_statistics import TIMES, TIMES_BY
from alerting.window import Window
from alerting.window_sum import WindowSum
from store.distribution import Distribution, bin_of

SHARE: Final = 0.95
"""The quantile that is judged; slower responses show the contributors."""


class ResponseTime:
    """95th percentile of each server's response times; alerts `threshold` percent above its baseline.

    It is silent about servers with fewer than `floor` responses in a bucket. A p95 up to `least` seconds is never slow.
    """

    name, title, unit, statistics = "response_time", "Response time", SignalUnit.SECONDS, (TIMES, *TIMES_BY)
    headline, quantity = "Slow responses", "p95"
    low, points = False, False

    def __init__(self, threshold: float, floor: float, least: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2
        self.least = least

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Return the p95 in seconds by server."""
        servers = window.of(self.statistics[0])
        found = {name: servers.times(name) for name in servers.names()}
        return {name: Measured(p95, times.times) for name, times in found.items() if (p95 := times.quantile(SHARE))}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors to the server's slowest responses: those not below its p95.

        Usual is the share of all its responses.
        """
        whole, *parts = self.statistics
        times = window.of(whole).times(subject)
        edge = bin_of(times.quantile(SHARE) or 0.0)
        kinds = {each.kind: _slow(window.of(each), subject, edge) for each in parts}
        usual_shares = {each.kind: shares(window.of(each), subject) for each in parts}
        return contributors(_not_below(edge, times), kinds, usual_shares)


def _slow(sums: WindowSum, server: str, edge: int) -> dict[str, int]:
    return {name: _not_below(edge, sums.times(f"{server} {name}")) for name in sums.names(server)}


def _not_below(edge: int, times: Distribution) -> int:
    return sum(count for number, count in times.bins if number >= edge)

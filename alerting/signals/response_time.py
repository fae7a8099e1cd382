"""A server that answers more slowly than usual."""

from collections.abc import Mapping
from typing import Final

from alerting.alert import Contributor, Unit
from alerting.contributors import contributors
from alerting.part import Part
from alerting.rule import Measured
from alerting.sums import TIMES, TIMES_BY
from alerting.window import Window
from store.distribution import Distribution, bin_of

SHARE: Final = 0.95
"""The quantile that is looked at; what is slower tells who is to be named."""


class ResponseTime:
    """The p95 of the response times of each server, above its baseline by more than `threshold` percent.

    It is silent about servers with fewer than `floor` responses in a bucket, and no p95 up to `least` seconds is slow.
    """

    name, title, unit, sums = "response_time", "Response time", Unit.SECONDS, (TIMES, *TIMES_BY)
    headline, quantity = "Slow responses", "p95"
    low, points = False, False

    def __init__(self, threshold: float, floor: float, least: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2
        self.least = least

    def measure(self, window: Window) -> Mapping[str, Measured]:
        """Seconds, by server."""
        servers = window.of(TIMES)
        found = {name: servers.times(name) for name in servers.names()}
        return {name: Measured(p95, times.times) for name, times in found.items() if (p95 := times.quantile(SHARE))}

    def contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Who has the largest part of the slowest responses of the server: those not below its p95."""
        times = window.of(TIMES).times(subject)
        edge = bin_of(times.quantile(SHARE) or 0.0)
        kinds = {each.kind: _slow(window.of(each), subject, edge) for each in TIMES_BY}
        return contributors(_not_below(edge, times), kinds)


def _slow(part: Part, server: str, edge: int) -> dict[str, int]:
    return {name: _not_below(edge, part.times(f"{server} {name}")) for name in part.names(server)}


def _not_below(edge: int, times: Distribution) -> int:
    return sum(count for number, count in times.bins if number >= edge)

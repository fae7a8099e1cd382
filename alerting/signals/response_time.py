"""A server that answers more slowly than usual."""

from collections.abc import Mapping

from alerting.alert import Contributor, Unit
from alerting.counts.response_times import ResponseTimes
from alerting.rule import Measured


class ResponseTime:
    """The p95 of the response times of each server, above its baseline by more than `threshold` percent.

    It is silent about servers with fewer than `floor` responses in a bucket, and no p95 up to `least` seconds is slow.
    """

    name, title, unit, count = "response_time", "Response time", Unit.SECONDS, ResponseTimes
    headline, quantity = "Slow responses", "p95"
    low, points = False, False

    def __init__(self, threshold: float, floor: float, least: float) -> None:
        self.threshold = threshold
        self.floor = floor
        self.learns_from = floor / 2
        self.least = least

    def measure(self, count: ResponseTimes, seconds: float) -> Mapping[str, Measured]:
        """Seconds, by server."""
        return {name: Measured(times.p95, times.count) for name, times in count.servers.items()}

    def contributors(
        self, count: ResponseTimes, subject: str, usual: ResponseTimes | None, scale: float
    ) -> tuple[Contributor, ...]:
        """Who has the largest part of the slowest responses of the server."""
        return count.servers[subject].slow.contributors()

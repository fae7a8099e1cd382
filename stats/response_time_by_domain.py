"""Response time per domain."""

from stats.statistic import SECONDS
from traffic.records import Exchange


class ResponseTimeByDomain:
    """Seconds from the first byte of a request to the first byte of its response, per domain."""

    name, title, unit, record = "response_time_by_domain", "Response time by domain", SECONDS, Exchange

    def key(self, exchange: Exchange) -> str | None:
        """The domain; None where the time is not known."""
        return exchange.domain if exchange.response_time is not None else None

    def amount(self, exchange: Exchange) -> float:
        """Seconds; 0 where a clock that was set back would make it less."""
        return max(0.0, exchange.response_time or 0.0)

"""Response time per domain."""

from stats.statistic import SECONDS
from traffic.records import Exchange


class ResponseTimeByDomain:
    """Seconds from the first byte of a request to the first byte of its response, per domain."""

    name, title, unit, record = "response_time_by_domain", "Response time by domain", SECONDS, Exchange
    columns, amount = ("domain",), "response_time"

    def key(self, domain: str) -> str:
        """Return the domain."""
        return domain

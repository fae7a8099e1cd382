"""The HTTP request rate."""

from stats.statistic import HITS
from traffic.records import Request


class RequestRate:
    """All HTTP requests under one key."""

    name, title, unit, record = "request_rate", "HTTP requests", HITS, Request
    columns = ()

    def key(self) -> str:
        """Return the same key for every request."""
        return "requests"

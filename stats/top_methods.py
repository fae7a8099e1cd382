"""Requests per method."""

from stats.statistic import HITS
from traffic.records import Request


class TopMethods:
    """Requests per method, such as `GET`."""

    name, title, unit, record = "top_methods", "Top hits by method", HITS, Request
    columns = ("method",)

    def key(self, method: str) -> str:
        """Return the method as sent, because methods are case-sensitive (RFC 9110 section 9.1)."""
        return method

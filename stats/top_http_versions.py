"""Requests per version of HTTP."""

from stats.statistic import HITS
from traffic.records import Request


class TopHttpVersions:
    """Requests per version of HTTP, as `HTTP/1.1`. What cannot be read (HTTP/2, QUIC) is in the health line."""

    name, title, unit, record = "top_http_versions", "Top hits by HTTP version", HITS, Request
    columns = ("version",)

    def key(self, version: str) -> str:
        """The version of the request line (RFC 9112 section 2.3)."""
        return f"HTTP/{version}"

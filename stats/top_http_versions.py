"""Requests per version of HTTP."""

from stats.statistic import HITS
from traffic.records import Request


class TopHttpVersions:
    """Requests per HTTP version, such as `HTTP/1.1`. The health line has those that cannot be read, as QUIC."""

    name, title, unit, record = "top_http_versions", "Top hits by HTTP version", HITS, Request
    columns = ("version",)

    def key(self, version: str) -> str:
        """Return the version in the request line (RFC 9112 section 2.3); `HTTP/?` if the capture cut it off."""
        return f"HTTP/{version or '?'}"

"""Requests per proxy that named their client."""

from stats.statistic import HITS
from traffic.records import Request


class TopProxies:
    """Requests per trusted proxy that named another client than itself."""

    name, title, unit, record, only_when_seen = "top_proxies", "Top hits by proxy", HITS, Request, True
    columns = ("client", "source")

    def key(self, client: str, source: str) -> str | None:
        """Return the proxy's address; None if the client came without one."""
        return source if source != client else None

"""How connections are reused."""

from stats.statistic import HITS
from traffic.records import TcpConnection

STEPS = ((0, "no request read"), (1, "1 request"), (9, "2 to 9 requests"), (99, "10 to 99 requests"))
"""Maximum number of requests, and the key for it."""


class ConnectionsByUse:
    """TCP connections by number of requests. Many with one request suggest a client without keep-alive."""

    name, title, unit, record = "connections_by_use", "Connections by use", HITS, TcpConnection
    columns = ("requests",)

    def key(self, requests: int) -> str:
        """Return a range such as `2 to 9 requests`."""
        return next((name for most, name in STEPS if requests <= most), "100 requests and more")

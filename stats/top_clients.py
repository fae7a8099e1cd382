"""Requests per client."""

from stats.statistic import HITS
from traffic.records import Request


class TopClients:
    """Requests per client address. A proxy that is not trusted stands for all clients behind it."""

    name, title, unit, record = "top_clients", "Top hits by client", HITS, Request
    columns = ("client",)

    def key(self, client: str) -> str:
        """Return the client's address."""
        return client

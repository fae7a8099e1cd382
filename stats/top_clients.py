"""Requests per client."""

from stats.statistic import HITS
from traffic.records import Request


class TopClients:
    """Requests per address that sent them: a proxy stands for all behind it."""

    name, title, unit, record = "top_clients", "Top hits by client", HITS, Request
    columns = ("client",)

    def key(self, client: str) -> str:
        """The address."""
        return client

"""Requests per method and host."""

from stats.statistic import HITS
from traffic.records import Request


class HitsByMethodAndHost:
    """A plug-in that is called for each record, like most plug-ins of users."""

    name, title, unit, record = "hits_by_method_and_host", "Hits by method and host", HITS, Request

    def key(self, request: Request) -> str:
        """Return `GET shop.example.com`, for example."""
        return f"{request.method} {request.host}"

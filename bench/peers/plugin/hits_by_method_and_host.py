"""Requests per method and host."""

from stats.statistic import HITS
from traffic.records import Request


class HitsByMethodAndHost:
    """A plug-in that is asked about each record, as most plug-ins of users are."""

    name, title, unit, record = "hits_by_method_and_host", "Hits by method and host", HITS, Request

    def key(self, request: Request) -> str:
        """As `GET shop.example.com`."""
        return f"{request.method} {request.host}"

"""Unanswered DNS lookups per server."""

from stats.dns import dns_server
from stats.statistic import HITS
from traffic.records import TIMEOUT, DnsLookup


class DnsUnanswered:
    """DNS lookups per server that did not answer within `dns_timeout`, however often it was asked."""

    name, title, unit, record = "dns_unanswered", "Unanswered DNS lookups", HITS, DnsLookup
    columns, only_when_seen = ("kind", "ending", "server", "server_port"), True

    def key(self, kind: str, ending: str, server: str, server_port: int) -> str | None:
        """Return the server, such as `192.0.2.53`; None for other lookups."""
        return dns_server(kind, server, server_port) if ending == TIMEOUT else None

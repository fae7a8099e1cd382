"""Response time per DNS server."""

from stats.dns import dns_server
from stats.statistic import SECONDS
from traffic.records import DnsLookup


class DnsResponseTime:
    """Average seconds from the first query of a lookup to its answer, per server; the client may have asked again."""

    name, title, unit, record = "dns_response_time", "DNS response time by server", SECONDS, DnsLookup
    columns, amount, only_when_seen = ("kind", "server", "server_port"), "response_time", True

    def key(self, kind: str, server: str, server_port: int) -> str | None:
        """Return the server, such as `192.0.2.53`."""
        return dns_server(kind, server, server_port)

"""DNS lookups per server."""

from stats.dns import dns_server
from stats.statistic import HITS
from traffic.records import DnsLookup


class DnsServers:
    """DNS lookups per server, answered or not."""

    name, title, unit, record = "dns_servers", "DNS lookups by server", HITS, DnsLookup
    columns, only_when_seen = ("kind", "server", "server_port"), True

    def key(self, kind: str, server: str, server_port: int) -> str | None:
        """Return the server, such as `192.0.2.53` or `192.0.2.53:5300`."""
        return dns_server(kind, server, server_port)

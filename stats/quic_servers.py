"""QUIC connections per server."""

from stats.statistic import HITS
from traffic.records import QuicConnection


class QuicServers:
    """QUIC connections per server name requested by the client; per address where none is known."""

    name, title, unit, record = "quic_servers", "QUIC connections by server", HITS, QuicConnection
    columns, only_when_seen = ("server_name", "server"), True

    def key(self, server_name: str, server: str) -> str:
        """Return the name in lower case, or the address."""
        return server_name or server

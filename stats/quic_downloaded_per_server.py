"""Volume downloaded over QUIC, per server."""

from stats.statistic import BYTES
from traffic.records import QuicConnection


class QuicDownloadedPerServer:
    """UDP payload bytes from the server, per server name; they count when their connection has ended."""

    name, title, unit, record = "quic_downloaded_per_server", "QUIC downloaded by server", BYTES, QuicConnection
    columns, amount, only_when_seen = ("server_name", "server"), "server_bytes", True

    def key(self, server_name: str, server: str) -> str:
        """Return the name in lower case; the address where none is known."""
        return server_name or server

"""Retransmissions per server."""

from stats.servers import server_name
from stats.statistic import BYTES
from traffic.records import TcpConnection


class ResentPerServer:
    """Retransmitted payload bytes per server, in both directions; hits are the connections that had any."""

    name, title, unit, record = "resent_per_server", "Retransmitted by server", BYTES, TcpConnection
    columns, amount = ("server", "server_port"), "resent_bytes"

    def key(self, server: str, server_port: int) -> str:
        """Return the server, such as `10.0.0.5:80`. Connections without retransmissions do not count."""
        return server_name(server, server_port)

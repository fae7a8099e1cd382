"""Retransmissions per server."""

from stats.servers import server_name
from stats.statistic import BYTES
from traffic.records import TcpConnection


class ResentPerServer:
    """Payload bytes per server that came again, in both directions; hits are connections that had any."""

    name, title, unit, record = "resent_per_server", "Retransmitted by server", BYTES, TcpConnection
    columns, amount = ("server", "server_port"), "resent_bytes"

    def key(self, server: str, server_port: int) -> str:
        """The server, as `10.0.0.5:80`; connections without any do not count."""
        return server_name(server, server_port)

"""Retransmissions per server."""

from stats.servers import server_of
from stats.statistic import BYTES
from traffic.records import TcpConnection


class ResentPerServer:
    """Payload bytes per server that came again, in both directions; hits are connections that had any."""

    name, title, unit, record = "resent_per_server", "Retransmitted by server", BYTES, TcpConnection

    def key(self, connection: TcpConnection) -> str | None:
        """The server, as `10.0.0.5:80`; None for connections without any."""
        return server_of(connection) if connection.resent_bytes else None

    def amount(self, connection: TcpConnection) -> int:
        """Bytes that came again."""
        return connection.resent_bytes

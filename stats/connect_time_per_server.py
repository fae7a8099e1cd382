"""Connect time per server."""

from stats.servers import server_of
from stats.statistic import SECONDS
from traffic.records import TcpConnection


class ConnectTimePerServer:
    """Seconds from the SYN of a client to that of the server, per server: the network and its queue."""

    name, title, unit, record = "connect_time_per_server", "Connect time by server", SECONDS, TcpConnection

    def key(self, connection: TcpConnection) -> str | None:
        """The server, as `10.0.0.5:80`; None where the handshake was not seen."""
        return server_of(connection) if connection.connect_time is not None else None

    def amount(self, connection: TcpConnection) -> float:
        """Seconds."""
        return connection.connect_time or 0.0

"""Connections per server."""

from stats.servers import server_of
from stats.statistic import HITS
from traffic.records import TcpConnection


class ConnectionsPerServer:
    """TCP connections per server that carried bytes, HTTP or not, as they end."""

    name, title, unit, record = "connections_per_server", "Connections by server", HITS, TcpConnection

    def key(self, connection: TcpConnection) -> str:
        """The server, as `10.0.0.5:80`."""
        return server_of(connection)

"""Connections per server."""

from stats.servers import server_name
from stats.statistic import HITS
from traffic.records import TcpConnection


class ConnectionsPerServer:
    """TCP connections per server that carried bytes, HTTP or not, counted when they end."""

    name, title, unit, record = "connections_per_server", "Connections by server", HITS, TcpConnection
    columns = ("server", "server_port")

    def key(self, server: str, server_port: int) -> str:
        """Return the server, such as `10.0.0.5:80`."""
        return server_name(server, server_port)

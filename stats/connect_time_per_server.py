"""Connect time per server."""

from stats.servers import server_name
from stats.statistic import SECONDS
from traffic.records import TcpConnection


class ConnectTimePerServer:
    """Seconds from the SYN of a client to that of the server, per server: the network and its queue."""

    name, title, unit, record = "connect_time_per_server", "Connect time by server", SECONDS, TcpConnection
    columns, amount = ("server", "server_port"), "connect_time"

    def key(self, server: str, server_port: int) -> str:
        """The server, as `10.0.0.5:80`. Without a handshake that was seen it does not count."""
        return server_name(server, server_port)

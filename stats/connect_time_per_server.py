"""Connect time per server."""

from stats.servers import server_name
from stats.statistic import SECONDS
from traffic.records import TcpConnection


class ConnectTimePerServer:
    """Seconds from the client's SYN to the server's SYN, per server: the time of the network and of the
    server's queue.
    """

    name, title, unit, record = "connect_time_per_server", "Connect time by server", SECONDS, TcpConnection
    columns, amount = ("server", "server_port"), "connect_time"

    def key(self, server: str, server_port: int) -> str:
        """Return the server, such as `10.0.0.5:80`. Connections whose handshake was not seen do not count."""
        return server_name(server, server_port)

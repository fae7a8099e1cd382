"""Resets per server."""

from stats.servers import server_name
from stats.statistic import HITS
from traffic.records import RESET, TcpConnection


class ResetsPerServer:
    """TCP connections per server that ended with a RST (RFC 9293 section 3.10.7)."""

    name, title, unit, record = "resets_per_server", "Resets by server", HITS, TcpConnection
    columns = ("server", "server_port", "ending")

    def key(self, server: str, server_port: int, ending: str) -> str | None:
        """Return the server, such as `10.0.0.5:80`; None for connections that ended otherwise."""
        return server_name(server, server_port) if ending == RESET else None

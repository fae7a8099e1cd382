"""Response time per server."""

from stats.servers import server_name
from stats.statistic import SECONDS
from traffic.records import Exchange


class ServerResponseTime:
    """Average seconds from the first byte of a request to the first byte of its response, per server."""

    name, title, unit, record = "server_response_time", "Response time by server", SECONDS, Exchange
    columns, amount = ("server", "server_port"), "response_time"

    def key(self, server: str, server_port: int) -> str:
        """Return the server, such as `10.0.0.5:80` or `[2001:db8::5]:80`."""
        return server_name(server, server_port)

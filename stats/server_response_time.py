"""Response time per server."""

from stats.servers import server_of
from stats.statistic import SECONDS
from traffic.records import Exchange


class ServerResponseTime:
    """Seconds from the first byte of a request to the first byte of its response, on average, per server."""

    name, title, unit, record = "server_response_time", "Response time by server", SECONDS, Exchange

    def key(self, exchange: Exchange) -> str | None:
        """The server, as `10.0.0.5:80` or `[2001:db8::5]:80`; None where the time is not known."""
        if exchange.response_time is None:
            return None
        return server_of(exchange)

    def amount(self, exchange: Exchange) -> float:
        """Seconds; 0 where a clock that was set back would make it less."""
        return max(0.0, exchange.response_time or 0.0)

"""Volume downloaded per network."""

from stats.places import networks
from stats.statistic import BYTES
from traffic.records import Exchange


class DownloadedPerNetwork:
    """Body bytes of responses per network (autonomous system) of the client."""

    name, title, unit, record = "downloaded_per_network", "Downloaded by network", BYTES, Exchange

    def __init__(self, network_database: str = "") -> None:
        self._place = networks(network_database)

    def key(self, exchange: Exchange) -> str | None:
        """Number and name of the network; responses without a body do not count."""
        return self._place(exchange.client) if exchange.response_bytes else None

    def amount(self, exchange: Exchange) -> int:
        """Body bytes, before decompression."""
        return exchange.response_bytes

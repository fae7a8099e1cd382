"""Volume downloaded per network."""

from stats.places import networks
from stats.statistic import BYTES
from traffic.records import Exchange


class DownloadedPerNetwork:
    """Body bytes of responses per network (autonomous system) of the client."""

    name, title, unit, record = "downloaded_per_network", "Downloaded by network", BYTES, Exchange
    columns, amount = ("client",), "response_bytes"

    def __init__(self, network_database: str = "") -> None:
        self._place = networks(network_database)

    def key(self, client: str) -> str:
        """Return the network's number and name. Responses without a body do not count."""
        return self._place(client)

"""Volume uploaded per network."""

from stats.places import networks
from stats.statistic import BYTES
from traffic.records import Exchange


class UploadedPerNetwork:
    """Body bytes of requests per network (autonomous system) of the client."""

    name, title, unit, record = "uploaded_per_network", "Uploaded by network", BYTES, Exchange
    columns, amount = ("client",), "request_bytes"

    def __init__(self, network_database: str = "") -> None:
        self._place = networks(network_database)

    def key(self, client: str) -> str:
        """Return the network's number and name. Requests without a body do not count."""
        return self._place(client)

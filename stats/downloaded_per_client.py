"""Volume downloaded per client."""

from stats.statistic import BYTES
from traffic.records import Exchange


class DownloadedPerClient:
    """Body bytes of responses per client."""

    name, title, unit, record = "downloaded_per_client", "Downloaded by client", BYTES, Exchange
    columns, amount = ("client",), "response_bytes"

    def key(self, client: str) -> str:
        """Return the client's address. Responses without a body do not count."""
        return client

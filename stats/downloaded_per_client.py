"""Volume downloaded per client."""

from stats.statistic import BYTES
from traffic.records import Exchange


class DownloadedPerClient:
    """Body bytes of responses per client."""

    name, title, unit, record = "downloaded_per_client", "Downloaded by client", BYTES, Exchange

    def key(self, exchange: Exchange) -> str | None:
        """The address; responses without a body do not count."""
        return exchange.client if exchange.response_bytes else None

    def amount(self, exchange: Exchange) -> int:
        """Body bytes, before decompression."""
        return exchange.response_bytes

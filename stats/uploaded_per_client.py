"""Volume uploaded per client."""

from stats.statistic import BYTES
from traffic.records import Exchange


class UploadedPerClient:
    """Body bytes of requests per client."""

    name, title, unit, record = "uploaded_per_client", "Uploaded by client", BYTES, Exchange

    def key(self, exchange: Exchange) -> str | None:
        """The address; requests without a body do not count."""
        return exchange.client if exchange.request_bytes else None

    def amount(self, exchange: Exchange) -> int:
        """Body bytes, before decompression."""
        return exchange.request_bytes

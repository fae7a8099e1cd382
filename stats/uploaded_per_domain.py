"""Volume uploaded per domain."""

from stats.statistic import BYTES
from traffic.records import Exchange


class UploadedPerDomain:
    """Body bytes of requests per domain."""

    name, title, unit, record = "uploaded_per_domain", "Uploaded by domain", BYTES, Exchange

    def key(self, exchange: Exchange) -> str | None:
        """The domain; requests without a body do not count."""
        return exchange.domain if exchange.request_bytes else None

    def amount(self, exchange: Exchange) -> int:
        """Body bytes, before decompression."""
        return exchange.request_bytes

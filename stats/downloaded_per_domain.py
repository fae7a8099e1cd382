"""Volume downloaded per domain."""

from stats.statistic import BYTES
from traffic.records import Exchange


class DownloadedPerDomain:
    """Body bytes of responses per domain."""

    name, title, unit, record = "downloaded_per_domain", "Downloaded by domain", BYTES, Exchange

    def key(self, exchange: Exchange) -> str | None:
        """The domain; responses without a body do not count."""
        return exchange.domain if exchange.response_bytes else None

    def amount(self, exchange: Exchange) -> int:
        """Body bytes, before decompression."""
        return exchange.response_bytes

"""Volume downloaded per domain."""

from stats.statistic import BYTES
from traffic.records import Exchange


class DownloadedPerDomain:
    """Body bytes of responses per domain."""

    name, title, unit, record = "downloaded_per_domain", "Downloaded by domain", BYTES, Exchange
    columns, amount = ("domain",), "response_bytes"

    def key(self, domain: str) -> str:
        """Return the domain. Responses without a body do not count."""
        return domain

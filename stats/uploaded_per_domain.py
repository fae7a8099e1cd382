"""Volume uploaded per domain."""

from stats.statistic import BYTES
from traffic.records import Exchange


class UploadedPerDomain:
    """Body bytes of requests per domain."""

    name, title, unit, record = "uploaded_per_domain", "Uploaded by domain", BYTES, Exchange
    columns, amount = ("domain",), "request_bytes"

    def key(self, domain: str) -> str:
        """Return the domain. Requests without a body do not count."""
        return domain

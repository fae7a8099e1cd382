"""Volume uploaded per client."""

from stats.statistic import BYTES
from traffic.records import Exchange


class UploadedPerClient:
    """Body bytes of requests per client."""

    name, title, unit, record = "uploaded_per_client", "Uploaded by client", BYTES, Exchange
    columns, amount = ("client",), "request_bytes"

    def key(self, client: str) -> str:
        """Return the client's address. Requests without a body do not count."""
        return client

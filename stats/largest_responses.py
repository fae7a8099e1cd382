"""Volume downloaded per path."""

from stats.path_template import host_and_path
from stats.statistic import BYTES
from traffic.records import Exchange


class LargestResponses:
    """Body bytes of responses per host and path."""

    name, title, unit, record = "largest_responses", "Downloaded by path", BYTES, Exchange

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, exchange: Exchange) -> str | None:
        """As `my.site.com/video.mp4`; None without a body, and where the request was not seen."""
        if not exchange.response_bytes or exchange.request is None:
            return None
        return host_and_path(exchange.request, self._templates)

    def amount(self, exchange: Exchange) -> int:
        """Body bytes, before decompression."""
        return exchange.response_bytes

"""Volume downloaded per path."""

from stats.path_template import host_and_path
from stats.statistic import BYTES
from traffic.records import Exchange


class LargestResponses:
    """Body bytes of responses per host and path."""

    name, title, unit, record = "largest_responses", "Downloaded by path", BYTES, Exchange
    columns, amount = ("domain", "path"), "response_bytes"

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, domain: str, path: str | None) -> str | None:
        """Return `my.site.com/video.mp4`, for example; None if the request was not seen. Empty bodies do not count."""
        return None if path is None else host_and_path(domain, path, self._templates)

"""Response time per path."""

from stats.path_template import host_and_path
from stats.statistic import SECONDS
from traffic.records import Exchange


class ResponseTimeByPath:
    """Seconds from the first byte of a request to the first byte of its response, per host and path."""

    name, title, unit, record = "response_time_by_path", "Response time by path", SECONDS, Exchange
    columns, amount = ("domain", "path"), "response_time"

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, domain: str, path: str | None) -> str | None:
        """Return `my.site.com/cart/pay`, for example; None if the request was not seen."""
        return None if path is None else host_and_path(domain, path, self._templates)

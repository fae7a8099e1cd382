"""Response time per section."""

from stats.path_template import section
from stats.statistic import SECONDS
from traffic.records import Exchange


class ResponseTimeBySection:
    """Seconds from the first byte of a request to the first byte of its response, per section."""

    name, title, unit, record = "response_time_by_section", "Response time by section", SECONDS, Exchange

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, exchange: Exchange) -> str | None:
        """The section, as `my.site.com/pages`; None where the time or the request is not known."""
        if exchange.response_time is None or exchange.request is None:
            return None
        return section(exchange.request, self._templates)

    def amount(self, exchange: Exchange) -> float:
        """Seconds; 0 where a clock that was set back would make it less."""
        return max(0.0, exchange.response_time or 0.0)

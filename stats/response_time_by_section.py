"""Response time per section."""

from stats.path_template import section_template
from stats.statistic import SECONDS
from traffic.records import Exchange


class ResponseTimeBySection:
    """Seconds from the first byte of a request to the first byte of its response, per section."""

    name, title, unit, record = "response_time_by_section", "Response time by section", SECONDS, Exchange
    columns, amount = ("section",), "response_time"

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, section: str | None) -> str | None:
        """Return the section, such as `my.site.com/pages`; None if the request was not seen."""
        return section_template(section) if section and self._templates else section

"""Requests per section."""

from stats.path_template import section_template
from stats.statistic import HITS
from traffic.records import Request


class TopSections:
    """Requests per section: the host and the first segment of the path."""

    name, title, unit, record = "top_sections", "Top hits by section", HITS, Request
    columns = ("section",)

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, section: str) -> str:
        """Return the section, such as `my.site.com/pages`."""
        return section_template(section) if self._templates else section

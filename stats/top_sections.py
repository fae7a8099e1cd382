"""Requests per section."""

from stats.path_template import section
from stats.statistic import HITS
from traffic.records import Request


class TopSections:
    """Requests per section: the host and the first segment of the path."""

    name, title, unit, record = "top_sections", "Top hits by section", HITS, Request

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, request: Request) -> str:
        """The section, as `my.site.com/pages`."""
        return section(request, self._templates)

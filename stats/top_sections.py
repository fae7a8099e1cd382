"""Requests per section."""

from stats.statistic import HITS
from traffic.records import Request


class TopSections:
    """Requests per section: the host and the first segment of the path."""

    name, title, unit, record = "top_sections", "Top hits by section", HITS, Request

    def key(self, request: Request) -> str:
        """The section, as `my.site.com/pages`."""
        return request.section

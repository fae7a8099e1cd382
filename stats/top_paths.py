"""Requests per path."""

from stats.path_template import host_and_path
from stats.statistic import HITS
from traffic.records import Request


class TopPaths:
    """Requests per host and path, without the query."""

    name, title, unit, record = "top_paths", "Top hits by path", HITS, Request
    columns = ("domain", "path")

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, domain: str, path: str) -> str:
        """Return `my.site.com/pages/create`, for example."""
        return host_and_path(domain, path, self._templates)

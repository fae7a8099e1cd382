"""Paths that were not found."""

import numpy as np
from numpy.typing import NDArray

from stats.path_template import host_and_path
from stats.statistic import HITS
from traffic.batch import Table
from traffic.records import Exchange


class NotFoundPaths:
    """Exchanges per host and path with status 404 or 410: broken links, and scanners."""

    name, title, unit, record = "not_found_paths", "Not found (404, 410) by path", HITS, Exchange
    columns = ("status", "domain", "path")

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select exchanges that were not found; they are few, so few keys are made."""
        return np.isin(table.numbers("status"), (404, 410))

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, status: int | None, domain: str, path: str | None) -> str | None:
        """Return `my.site.com/robots.txt`, for example; None for everything that was found."""
        if status not in (404, 410) or path is None:
            return None
        return host_and_path(domain, path, self._templates)

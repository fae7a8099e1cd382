"""Paths with server errors."""

import numpy as np
from numpy.typing import NDArray

from stats.path_template import host_and_path
from stats.statistic import HITS
from traffic.batch import Table
from traffic.records import Exchange


class ServerErrorPaths:
    """Exchanges per host and path with a status of 500 or more (RFC 9110 section 15.6)."""

    name, title, unit, record = "server_error_paths", "Server errors (5xx) by path", HITS, Exchange
    columns = ("status", "domain", "path")

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select server errors; they are few, so few keys are made."""
        return np.asarray(table.numbers("status") >= 500)

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, status: int | None, domain: str, path: str | None) -> str | None:
        """Return `my.site.com/cart/pay`, for example; None for everything that is not a server error."""
        if status is None or status < 500 or path is None:
            return None
        return host_and_path(domain, path, self._templates)

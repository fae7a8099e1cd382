"""Paths with server errors."""

import numpy as np
from numpy.typing import NDArray

from stats.path_template import host_and_path
from stats.statistic import HITS
from traffic.batch import Table, failed_calls
from traffic.grpc import failed
from traffic.records import Exchange


class ServerErrorPaths:
    """Exchanges per host and path with a status of 500 or more (RFC 9110 section 15.6), and failed gRPC calls."""

    name, title, unit, record = "server_error_paths", "Server errors (5xx) by path", HITS, Exchange
    columns = ("status", "grpc_status", "domain", "path")

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select server errors; they are few, so few keys are made."""
        return (table.numbers("status") >= 500) | failed_calls(table)

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, status: int | None, grpc_status: int | None, domain: str, path: str | None) -> str | None:
        """Return `my.site.com/cart/pay`, for example; None for everything that is not a server error."""
        if path is None or not (failed(grpc_status) or (status is not None and status >= 500)):
            return None
        return host_and_path(domain, path, self._templates)

"""How soon streams begin."""

import numpy as np
from numpy.typing import NDArray

from stats.path_template import host_and_path
from stats.statistic import SECONDS
from stats.streams import streams
from traffic.batch import Table
from traffic.records import Exchange


class StreamFirstMessage:
    """Seconds from the first byte of a request to the first message of its stream, per host and path."""

    name, title, unit, record = "stream_first_message", "Time to first message", SECONDS, Exchange
    columns, amount, only_when_seen = ("domain", "path"), "first_message_time", True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select streams with a message of the server."""
        return np.asarray(streams(table) & ~np.isnan(table.numbers("first_message_time")))

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, domain: str, path: str | None) -> str | None:
        """Return `my.site.com/live`, for example; None if the request was not seen."""
        return None if path is None else host_and_path(domain, path, self._templates)

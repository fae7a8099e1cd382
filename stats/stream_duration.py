"""How long streams last."""

import numpy as np
from numpy.typing import NDArray

from stats.path_template import host_and_path
from stats.statistic import SECONDS
from stats.streams import streams
from traffic.batch import Table
from traffic.records import Exchange


class StreamDuration:
    """Seconds from the first byte of a request to the end of its stream, per host and path.

    Streams are WebSockets, server-sent events, and gRPC calls with several messages. It does not matter who ended one.
    """

    name, title, unit, record = "stream_duration", "Stream duration by path", SECONDS, Exchange
    columns, amount, only_when_seen = ("domain", "path"), "duration", True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select streams whose request was seen."""
        return np.asarray(streams(table) & ~np.isnan(table.numbers("duration")))

    def __init__(self, path_templates: bool = False) -> None:
        self._templates = path_templates

    def key(self, domain: str, path: str | None) -> str | None:
        """Return `my.site.com/live`, for example; None if the request was not seen."""
        return None if path is None else host_and_path(domain, path, self._templates)

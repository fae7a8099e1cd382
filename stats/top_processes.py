"""Exchanges per process of this host."""

import numpy as np
from numpy.typing import NDArray

from stats.statistic import HITS
from stats.streams import named
from traffic.batch import Table
from traffic.records import Exchange


class TopProcesses:
    """Exchanges per process that holds the connection: that of the server, or of the client if the server is remote."""

    name, title, unit, record = "top_processes", "Top hits by process", HITS, Exchange
    columns, only_when_seen = ("process",), True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select exchanges whose process is known."""
        return named(table.texts("process"))

    def key(self, process: str) -> str | None:
        """Return the name of the process, such as `nginx`; None if it is unknown."""
        return process or None

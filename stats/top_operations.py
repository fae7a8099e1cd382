"""Exchanges per operation."""

import numpy as np
from numpy.typing import NDArray

from stats.statistic import HITS
from stats.streams import named
from traffic.batch import Table
from traffic.records import Exchange


class TopOperations:
    """Calls per operation: of gRPC, SOAP, GraphQL or JSON-RPC."""

    name, title, unit, record = "top_operations", "Top calls by operation", HITS, Exchange
    columns, only_when_seen = ("operation",), True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select calls."""
        return named(table.texts("operation"))

    def key(self, operation: str) -> str | None:
        """Return `shop.Cart/Add` or `query Cart`, for example; None for everything that is not a call."""
        return operation or None

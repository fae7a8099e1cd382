"""Response time per operation."""

import numpy as np
from numpy.typing import NDArray

from stats.statistic import SECONDS
from stats.streams import named
from traffic.batch import Table
from traffic.records import Exchange


class ResponseTimeByOperation:
    """Seconds from the first byte of a call to the first byte of its response, per operation.

    For gRPC, the response is its trailers, or the first message of a stream.
    """

    name, title, unit, record = "response_time_by_operation", "Response time by operation", SECONDS, Exchange
    columns, amount, only_when_seen = ("operation",), "response_time", True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select calls with a response."""
        return np.asarray(named(table.texts("operation")) & ~np.isnan(table.numbers("response_time")))

    def key(self, operation: str) -> str | None:
        """Return the operation; None for everything that is not a call."""
        return operation or None

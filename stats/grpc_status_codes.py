"""Calls per gRPC status."""

import numpy as np
from numpy.typing import NDArray

from stats.statistic import HITS
from traffic.batch import ABSENT, Table
from traffic.grpc import status_name
from traffic.records import Exchange


class GrpcStatusCodes:
    """Calls per status code of gRPC, such as `0 OK`; those whose status was not seen do not count."""

    name, title, unit, record = "grpc_status_codes", "Top calls by gRPC status", HITS, Exchange
    columns, only_when_seen = ("grpc_status",), True

    @staticmethod
    def where(table: Table) -> NDArray[np.bool_]:
        """Select calls with a status."""
        return np.asarray(table.numbers("grpc_status") != ABSENT)

    def key(self, grpc_status: int | None) -> str | None:
        """Return the code with its name."""
        return None if grpc_status is None else status_name(grpc_status)

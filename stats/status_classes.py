"""Exchanges per class of status."""

from stats.statistic import HITS
from traffic.grpc import failed
from traffic.records import CLOSED, RESET, TIMEOUT, Exchange


class StatusClasses:
    """Exchanges per class of status (RFC 9110 section 15), such as `2xx`, and exchanges without a status.

    Failed gRPC calls count as 5xx: their HTTP status is 200.
    """

    name, title, unit, record = "status_classes", "Hits by status class", HITS, Exchange
    columns = ("status", "ending", "grpc_status")

    def key(self, status: int | None, ending: str, grpc_status: int | None) -> str:
        """Return `1xx` to `5xx`; `(no response)` if none came, `(not seen)` if the capture cannot tell."""
        if failed(grpc_status):
            return "5xx"
        if status is not None:
            return f"{status // 100}xx"
        return "(no response)" if ending in (CLOSED, RESET, TIMEOUT) else "(not seen)"

"""Exchanges per class of status."""

from stats.statistic import HITS
from traffic.records import CLOSED, RESET, TIMEOUT, Exchange


class StatusClasses:
    """Exchanges per class of status (RFC 9110 section 15), as `2xx`, and those without one."""

    name, title, unit, record = "status_classes", "Hits by status class", HITS, Exchange
    columns = ("status", "ending")

    def key(self, status: int | None, ending: str) -> str:
        """`1xx` to `5xx`; `(no response)` where there was none, `(not seen)` where that cannot be told."""
        if status is not None:
            return f"{status // 100}xx"
        return "(no response)" if ending in (CLOSED, RESET, TIMEOUT) else "(not seen)"

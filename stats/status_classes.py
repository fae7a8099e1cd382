"""Exchanges per class of status."""

from stats.statistic import HITS
from traffic.records import CLOSED, RESET, TIMEOUT, Exchange


class StatusClasses:
    """Exchanges per class of status (RFC 9110 section 15), such as `2xx`, and exchanges without a status."""

    name, title, unit, record = "status_classes", "Hits by status class", HITS, Exchange
    columns = ("status", "ending")

    def key(self, status: int | None, ending: str) -> str:
        """Return `1xx` to `5xx`; `(no response)` if none came, `(not seen)` if the capture cannot tell."""
        if status is not None:
            return f"{status // 100}xx"
        return "(no response)" if ending in (CLOSED, RESET, TIMEOUT) else "(not seen)"

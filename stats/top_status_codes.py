"""Exchanges per status code."""

from stats.statistic import HITS
from traffic.records import CLOSED, RESET, TIMEOUT, Exchange


class TopStatusCodes:
    """Exchanges per status code, such as `200`, and exchanges without a response."""

    name, title, unit, record = "top_status_codes", "Top hits by status code", HITS, Exchange
    columns = ("status", "ending")

    def key(self, status: int | None, ending: str) -> str:
        """Return the final status; `(no response)` if none came, `(not seen)` if the capture cannot tell."""
        if status is not None:
            return str(status)
        return "(no response)" if ending in (CLOSED, RESET, TIMEOUT) else "(not seen)"

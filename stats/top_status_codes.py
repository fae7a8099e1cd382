"""Exchanges per status code."""

from stats.statistic import HITS
from traffic.records import CLOSED, RESET, TIMEOUT, Exchange


class TopStatusCodes:
    """Exchanges per status code, as `200`, and those that got no response: the server did not answer."""

    name, title, unit, record = "top_status_codes", "Top hits by status code", HITS, Exchange
    columns = ("status", "ending")

    def key(self, status: int | None, ending: str) -> str:
        """The final status; `(no response)` where there was none, `(not seen)` where that cannot be told."""
        if status is not None:
            return str(status)
        return "(no response)" if ending in (CLOSED, RESET, TIMEOUT) else "(not seen)"

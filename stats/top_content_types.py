"""Responses per content type."""

from stats.statistic import HITS
from traffic.records import Exchange


class TopContentTypes:
    """Responses per media type, as `text/html`."""

    name, title, unit, record = "top_content_types", "Top hits by content type", HITS, Exchange

    def key(self, exchange: Exchange) -> str | None:
        """What Content-Type declares; `(none)` for a body without a type, None without a body."""
        if not exchange.response_bytes:
            return None
        return exchange.content_type or "(none)"

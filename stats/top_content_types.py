"""Responses per content type."""

from stats.statistic import HITS
from traffic.records import Exchange


class TopContentTypes:
    """Responses per media type, as `text/html`."""

    name, title, unit, record = "top_content_types", "Top hits by content type", HITS, Exchange
    columns, amount = ("content_type",), "response_bytes"

    def key(self, content_type: str) -> str:
        """What Content-Type declares; `(none)` for a body without a type. Without a body it does not count."""
        return content_type or "(none)"

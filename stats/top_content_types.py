"""Responses per content type."""

from stats.statistic import HITS
from traffic.records import Exchange


class TopContentTypes:
    """Responses per media type, such as `text/html`."""

    name, title, unit, record = "top_content_types", "Top hits by content type", HITS, Exchange
    columns, amount = ("content_type",), "response_bytes"

    def key(self, content_type: str) -> str:
        """Return the type in Content-Type; `(none)` for a body without one. Responses without a body do not count."""
        return content_type or "(none)"

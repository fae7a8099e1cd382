"""Requests per user agent."""

from stats.statistic import HITS
from traffic.records import Request


class TopUserAgents:
    """Requests per user agent, as sent."""

    name, title, unit, record = "top_user_agents", "Top hits by user agent", HITS, Request

    def key(self, request: Request) -> str:
        """The field's text; `(none)` where it was not sent, or empty."""
        return request.user_agent or "(none)"

"""Requests per user agent."""

from stats.statistic import HITS
from traffic.records import Request


class TopUserAgents:
    """Requests per user agent, as sent."""

    name, title, unit, record = "top_user_agents", "Top hits by user agent", HITS, Request
    columns = ("user_agent",)

    def key(self, user_agent: str) -> str:
        """Return the field's text; `(none)` if it is missing or empty."""
        return user_agent or "(none)"

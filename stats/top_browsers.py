"""Requests per browser."""

from stats.agents import PEOPLE, Agents
from stats.statistic import HITS
from traffic.records import Request


class TopBrowsers:
    """Requests per browser, such as `Chrome Mobile`, whatever its version."""

    name, title, unit, record = "top_browsers", "Top hits by browser", HITS, Request
    columns = ("user_agent",)

    def __init__(self) -> None:
        self._agent = Agents().agent

    def key(self, user_agent: str) -> str | None:
        """Return the browser's name; None for other user agents."""
        agent = self._agent(user_agent)
        return agent.family if agent.kind == PEOPLE else None

"""Requests per crawler."""

from stats.agents import CRAWLERS, Agents
from stats.statistic import HITS
from traffic.records import Request


class TopCrawlers:
    """Requests per crawler, such as `Googlebot`."""

    name, title, unit, record = "top_crawlers", "Top hits by crawler", HITS, Request
    columns = ("user_agent",)

    def __init__(self) -> None:
        self._agent = Agents().agent

    def key(self, user_agent: str) -> str | None:
        """Return the crawler's name; None for other user agents."""
        agent = self._agent(user_agent)
        return agent.family if agent.kind == CRAWLERS else None

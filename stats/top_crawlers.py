"""Requests per crawler."""

from stats.agents import CRAWLERS, Agents
from stats.statistic import HITS
from traffic.records import Request


class TopCrawlers:
    """Requests per crawler, as `Googlebot`."""

    name, title, unit, record = "top_crawlers", "Top hits by crawler", HITS, Request
    columns = ("user_agent",)

    def __init__(self) -> None:
        self._agent = Agents().agent

    def key(self, user_agent: str) -> str | None:
        """Its name; None for all who are none."""
        agent = self._agent(user_agent)
        return agent.family if agent.kind == CRAWLERS else None

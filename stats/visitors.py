"""Requests of people, crawlers and programs."""

from stats.agents import Agents
from stats.statistic import HITS
from traffic.records import Request


class Visitors:
    """Requests of people (with a browser), crawlers and other programs, according to their user agents."""

    name, title, unit, record = "visitors", "Hits by kind of visitor", HITS, Request
    columns = ("user_agent",)

    def __init__(self) -> None:
        self._agent = Agents().agent

    def key(self, user_agent: str) -> str:
        """Return `people`, `crawlers`, `programs`, or `(none)` without a user agent."""
        return self._agent(user_agent).kind

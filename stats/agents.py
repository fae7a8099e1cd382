"""Classifies user agents as people, crawlers or programs, with the package ua-parser and its list of expressions.

It needs the engine written in Rust, which takes linear time whatever a peer sends. The one in Python takes milliseconds
for a malicious text.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from stats.loading import StatisticError

PEOPLE: Final = "people"
CRAWLERS: Final = "crawlers"
PROGRAMS: Final = "programs"
NONE: Final = "(none)"
CACHED: Final = 8192
"""Number of user agents whose result is cached."""


class Agent(NamedTuple):
    """What a user agent claims to be; anybody may claim anything."""

    kind: str
    """PEOPLE, CRAWLERS, PROGRAMS, or NONE if the field was empty."""
    family: str
    """Name of the browser, crawler or program; `(unknown)` if it is not in the list."""


class Agents:
    """Classifies user agents."""

    def __init__(self) -> None:
        """Load the list.

        Raises:
            StatisticError: the package is missing.
        """
        try:
            import ua_parser_rs  # noqa: F401
            from ua_parser import parse
        except ImportError:
            raise StatisticError(
                "user agents need the package ua-parser[regex]: pip install -r requirements-agents.txt"
            ) from None
        self._parse = parse
        self.agent = lru_cache(maxsize=CACHED)(self._agent)
        """Returns the agent for the text of the field."""

    def _agent(self, text: str) -> Agent:
        if not text:
            return Agent(NONE, NONE)
        found = self._parse(text)
        family = found.user_agent.family if found.user_agent else "(unknown)"
        if found.device is not None and found.device.family == "Spider":
            return Agent(CRAWLERS, family)
        return Agent(PEOPLE if text.startswith(("Mozilla/", "Opera/")) else PROGRAMS, family)

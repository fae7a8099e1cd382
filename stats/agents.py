"""Who is behind a user agent: people, crawlers or programs. By the package ua-parser and its list of expressions.

Its engine in Rust is needed: it takes linear time whatever a peer sends (the one in Python takes milliseconds for a
text made for it).
"""

from functools import lru_cache
from typing import Final, NamedTuple

from stats.loading import StatisticError

PEOPLE: Final = "people"
CRAWLERS: Final = "crawlers"
PROGRAMS: Final = "programs"
NONE: Final = "(none)"
REMEMBERED: Final = 8192
"""User agents that are not looked at again."""


class Agent(NamedTuple):
    """What a user agent says of itself; anybody may say anything."""

    kind: str
    """PEOPLE, CRAWLERS, PROGRAMS, or NONE where nothing was said."""
    family: str
    """Name of the browser, the crawler or the program; `(unknown)` of none that is known."""


class Agents:
    """Tells them apart."""

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
        self.agent = lru_cache(maxsize=REMEMBERED)(self._agent)
        """From the text of the field to who it is."""

    def _agent(self, text: str) -> Agent:
        if not text:
            return Agent(NONE, NONE)
        found = self._parse(text)
        family = found.user_agent.family if found.user_agent else "(unknown)"
        if found.device is not None and found.device.family == "Spider":
            return Agent(CRAWLERS, family)
        return Agent(PEOPLE if text.startswith(("Mozilla/", "Opera/")) else PROGRAMS, family)

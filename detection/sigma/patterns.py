"""The texts that rules look for, column by column, so that each text of the traffic is searched once for all. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

CACHED: Final = 4096
"""Texts of a column whose result is cached: user agents, hosts and paths come again and again."""


class Pattern(NamedTuple):
    """A regular expression, of the syntax that Python and the crate `regex` share."""

    expression: str
    keyword: str = ""
    """A text that each match contains, in whatever case; empty if none is known."""


Search = Callable[[str], Iterable[int]]
"""Returns the places of the patterns that a text has."""
Searching = Callable[[Sequence[Pattern]], Search]
"""Prepares a search.

Raises:
    PatternError: a pattern is not valid.
"""


class PatternError(ValueError):
    """A pattern is not valid. Its arguments are the reason, and its place."""

    @property
    def place(self) -> int:
        """Its place among the patterns."""
        return int(self.args[1])


def searching(patterns: Sequence[Pattern]) -> Search:
    """Search with Python's own expressions, one by one: slow, and not linear for each of them."""
    compiled = [_compiled(pattern, place) for place, pattern in enumerate(patterns)]
    keywords = [pattern.keyword.casefold() for pattern in patterns]

    def search(text: str) -> list[int]:
        folded = text.casefold()
        there = zip(compiled, keywords, strict=True)
        return [place for place, (each, word) in enumerate(there) if word in folded and each.search(text)]

    return search


def _compiled(pattern: Pattern, place: int) -> re.Pattern[str]:
    try:
        return re.compile(pattern.expression, re.ASCII)
    except re.error as error:
        raise PatternError(str(error), place) from error


def cached(search: Search) -> Callable[[str], tuple[int, ...]]:
    """Remember the results for the latest texts."""
    return lru_cache(maxsize=CACHED)(lambda text: tuple(search(text)))

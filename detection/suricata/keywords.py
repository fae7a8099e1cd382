"""Finds which of many keywords a text has, whatever their case: with the core all at once, else one by one. Pure."""

from collections.abc import Callable, Sequence

try:
    from http_monitor_core import Keywords
except ImportError:
    _HAS_CORE = False  # contents need the core, but DNS does not
else:
    _HAS_CORE = True

Find = Callable[[bytes], list[int]]


def finder(keywords: Sequence[bytes]) -> Find:
    """Return a function from a text to the places of the keywords that it has. Keywords are in lower case."""
    return Keywords(keywords).find if _HAS_CORE else one_by_one(keywords)


def one_by_one(keywords: Sequence[bytes]) -> Find:
    """The same without the core."""

    def find(text: bytes) -> list[int]:
        lower = text.lower()
        return [place for place, keyword in enumerate(keywords) if keyword in lower]

    return find

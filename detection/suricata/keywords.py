"""Finds which of many keywords a text has, whatever their case: with the core all at once, else one by one. Pure."""

from collections.abc import Callable, Iterable, Sequence

try:
    from http_monitor_core import Keywords
except ImportError:
    Keywords = None  # type: ignore[assignment,misc]  # the Python decoder has no contents, but DNS in a test has


def finder(keywords: Sequence[bytes]) -> Callable[[bytes], Iterable[int]]:
    """Return a function from a text to the places of the keywords that it has. Keywords are in lower case."""
    if Keywords is not None:
        found: Callable[[bytes], Iterable[int]] = Keywords(keywords).find
        return found

    def find(text: bytes) -> list[int]:
        lower = text.lower()
        return [place for place, keyword in enumerate(keywords) if keyword in lower]

    return find

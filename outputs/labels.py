"""Bounds the labels of metrics, because peers choose hosts and methods. Pure."""

from typing import Final

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
"""The methods of RFC 9110 section 9.3 and RFC 5789."""


class Names:
    """The names with a label of their own: the first `limit` that come, such as hosts."""

    def __init__(self, limit: int, other: str) -> None:
        """Label the rest `other`."""
        self._limit = limit
        self._other = other
        self._known: set[str] = set()

    def label(self, name: str) -> str:
        """Return the label of a name."""
        if name in self._known:
            return name
        if len(self._known) >= self._limit:
            return self._other
        self._known.add(name)
        return name

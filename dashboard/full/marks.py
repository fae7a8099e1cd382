"""Exchanges that the user marks as good or bad, for `exercise.py learn`. Pure: others write the lines."""

from collections.abc import Callable
from typing import Final

from traffic.records import Exchange
from view.exchange_line import Discretion, exchange_line

GOOD: Final = "good"
BAD: Final = "bad"
NONE: Final = "none"
"""The label of a line that takes a mark back."""
MOST: Final = 10_000
"""Marks that are shown; the earliest ones are only in the file then."""
NO_FILE: Final = "marks are for learning, and are kept in a file: restart with --labels FILE"
NO_FEATURES: Final = "not marked: this exchange has no features to learn from; see docs/learning.md"


class Marks:
    """Holds the marks of this run. `write` appends a line, and returns why it failed; None if no file is named."""

    def __init__(self, write: Callable[[str], str] | None = None) -> None:
        self._write = write
        self._labels: dict[int, str] = {}
        # By a hash of the identity, which may have a long target in it.

    @property
    def are_kept(self) -> bool:
        """Whether there is a file for them."""
        return self._write is not None

    def of(self, identity: str) -> str:
        """Return the label of an exchange; empty if it has none."""
        return self._labels.get(hash(identity), "")

    def set(self, identity: str, exchange: Exchange, label: str, discretion: Discretion) -> str:
        """Mark an exchange, or take the mark back if it has this one. Return what was done, for the user."""
        if self._write is None:
            return NO_FILE
        if not exchange.features:
            return NO_FEATURES
        label = NONE if self.of(identity) == label else label
        if problem := self._write(exchange_line(exchange, discretion, label)):
            return problem
        self._labels.pop(hash(identity), None)
        if label == NONE:
            return "mark taken back"
        self._labels[hash(identity)] = label
        if len(self._labels) > MOST:
            del self._labels[next(iter(self._labels))]
        return f"marked as {label}"

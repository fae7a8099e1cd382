"""The sums of a metric, one series for each set of attributes, of which there are at most a given number. Pure."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from store.sums import NOTHING, KeyedSums, StatisticSums

PENDING: Final = 16
"""Parts that are kept before they are added up."""
OVERFLOW: Final = "(overflow)"
"""Key of everything without a series of its own."""


class Series:
    """Adds up what was counted. The first keys get a series each, the rest goes into one."""

    def __init__(self, limit: int) -> None:
        """Keep at most `limit` series; one of them is that of the rest, as in OpenTelemetry's cardinality limit."""
        self._limit = limit - 1
        self._known: set[str] = set()
        self._parts: list[KeyedSums] = []
        self._sums = KeyedSums.of_items(())

    def add(self, counted: StatisticSums) -> None:
        """Add what was counted in a bucket."""
        self._parts += self._within(counted.keyed)
        if counted.other != NOTHING:
            self._parts.append(KeyedSums.of_items([(OVERFLOW, counted.other)]))
        if len(self._parts) > PENDING:
            self.sums()

    def sums(self) -> KeyedSums:
        """Return the sums of all series. Later counting does not change them."""
        if self._parts:
            self._sums = KeyedSums.merged([self._sums, *self._parts])
            self._parts = []
        return self._sums

    def clear(self) -> None:
        """Start again from nothing."""
        self._known, self._parts, self._sums = set(), [], KeyedSums.of_items(())

    def _within(self, keyed: KeyedSums) -> Iterator[KeyedSums]:
        """Yield the sums of keys that have a series, and those of the rest together."""
        kept = np.array([self._has(key) for key in keyed.keys], np.bool_)
        if kept.all():
            yield keyed
            return
        yield keyed.chosen(kept)
        yield KeyedSums.of_items([(OVERFLOW, keyed.chosen(~kept).whole())])

    def _has(self, key: str) -> bool:
        if key in self._known:
            return True
        if len(self._known) >= self._limit:
            return False
        self._known.add(key)
        return True

"""What a window has of one sum: how much in all, and who has the most of it."""

from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerting.sums import Sum
from stats.statistic import BYTES
from store.distribution import LAST, Distribution
from store.heavy import NOWHERE, Heavy, capacity
from store.sums import Closed, Sums

MAX_NAMES: Final = 300
"""So no name is short by more than 0.4 % of the whole."""


class Part:
    """Of a window, what the store counted for `of`."""

    __slots__ = ("_bins", "_heavy", "_of", "total")

    def __init__(self, of: Sum) -> None:
        self.total = 0
        """Requests, exchanges or bytes. Exact, however many names there are."""
        self._of = of
        # By slot, how often each bin of a `Distribution` was hit.
        self._bins = np.zeros((capacity(MAX_NAMES), LAST + 1 if of.timed else 0), np.int32)
        self._heavy = Heavy(MAX_NAMES, leave=partial(_clear, self._bins))

    def add(self, closed: Closed) -> None:
        """Add what was counted in a bucket."""
        amounts = {name: amount for name, sums in closed.keys.items() if (amount := self._amount(sums))}
        slots = self._heavy.add(list(amounts), np.array([list(amounts.values())], np.int64))
        self.total += sum(amounts.values()) + self._amount(closed.other)
        if self._of.timed:
            for name, slot in zip(amounts, slots.tolist(), strict=True):
                if slot != NOWHERE:
                    self._add_times(slot, closed.keys[name].times)

    def names(self, group: str = "") -> dict[str, int]:
        """How much each name has; those of a group, if there are groups."""
        before = f"{group} " if group else ""
        cut, amounts = len(before), self._heavy.sums[0].tolist()
        return {name[cut:]: amounts[slot] for name, slot in self._heavy.slots.items() if name.startswith(before)}

    def amount(self, group: str) -> int:
        """How much a group has."""
        return sum(self.names(group).values())

    def times(self, name: str) -> Distribution:
        """The response times of a name, which has its group before it."""
        bins = self._bins[self._heavy.slots[name]]
        (numbers,) = bins.nonzero()
        return Distribution.of(zip(numbers.tolist(), bins[numbers].tolist(), strict=True))

    def _add_times(self, slot: int, times: Distribution) -> None:
        for number, count in times.bins:
            self._bins[slot, number] += count

    def _amount(self, sums: Sums) -> int:
        return sums.bytes if self._of.unit is BYTES else sums.count


def _clear(bins: NDArray[Any], slots: NDArray[Any]) -> None:
    bins[slots] = 0

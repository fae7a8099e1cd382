"""What a window has of one sum: how much in all, and who has the most of it."""

from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerting.sums import Sum
from stats.statistic import Unit
from store.bins import BINS
from store.distribution import LAST, Distribution
from store.sketch import NOWHERE, Sketch, capacity
from store.sums import BYTES, COUNT, StatisticSums

MAX_NAMES: Final = 300
"""So no name is short by more than 0.5 % of the whole: 1/301 for the sketch, 1/601 for what is left out of buckets."""


class Part:
    """Of a window, what the store counted for `of`."""

    __slots__ = ("_bins", "_of", "_row", "_sketch", "total")

    def __init__(self, of: Sum) -> None:
        self.total = 0
        """Requests, exchanges or bytes. Exact, however many names there are."""
        self._of = of
        self._row = BYTES if of.unit is Unit.BYTES else COUNT
        # By slot, how often each bin of a `Distribution` was hit.
        self._bins = np.zeros((capacity(MAX_NAMES), LAST + 1 if of.timed else 0), np.int32)
        self._sketch = Sketch(MAX_NAMES, on_release=partial(_clear, self._bins))

    def add(self, closed: StatisticSums) -> None:
        """Add what was counted in a bucket."""
        keyed = closed.keyed
        amounts = keyed.amounts[self._row]
        self.total += int(amounts.sum()) + closed.other.column[self._row]
        slots = np.full(len(amounts), NOWHERE)
        (some,) = amounts.nonzero()
        if len(some) > 2 * MAX_NAMES:
            largest = np.argpartition(-amounts[some], 2 * MAX_NAMES)[: 2 * MAX_NAMES]
            some = some[np.sort(largest)]
        slots[some] = self._sketch.add([keyed.keys[place] for place in some.tolist()], amounts[None, some])
        if self._of.timed:
            own = slots[keyed.codes // BINS]
            kept = own != NOWHERE
            np.add.at(self._bins, (own[kept], keyed.codes[kept] % BINS), keyed.hits[kept])

    def names(self, group: str = "") -> dict[str, int]:
        """How much each name has; those of a group, if there are groups."""
        before = f"{group} " if group else ""
        cut, amounts = len(before), self._sketch.sums[0].tolist()
        return {name[cut:]: amounts[slot] for name, slot in self._sketch.slots.items() if name.startswith(before)}

    def amount(self, group: str) -> int:
        """How much a group has."""
        return sum(self.names(group).values())

    def times(self, name: str) -> Distribution:
        """The response times of a name, which has its group before it."""
        bins = self._bins[self._sketch.slots[name]]
        (numbers,) = bins.nonzero()
        return Distribution.of(zip(numbers.tolist(), bins[numbers].tolist(), strict=True))


def _clear(bins: NDArray[Any], slots: NDArray[Any]) -> None:
    bins[slots] = 0

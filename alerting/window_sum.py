"""One statistic in a window: its total, and the names with the largest amounts."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np

from alerting.signal_statistics import SignalStatistic
from stats.statistic import Unit
from store.bins import BINS, Bins
from store.distribution import Distribution
from store.sketch import NOWHERE, Sketch, Slots, capacity
from store.sums import BYTES, COUNT, StatisticSums

MAX_NAMES: Final = 300
"""No name is short by more than 0.5 % of the total: 1/301 by the sketch, 1/601 by names left out of buckets."""


class WindowSum:
    """What the store counted for `statistic` in a window."""

    __slots__ = ("_bins", "_row", "_sketch", "_statistic", "total")

    def __init__(self, statistic: SignalStatistic) -> None:
        self.total = 0
        """Requests, exchanges or bytes. Exact, however many names there are."""
        self._statistic = statistic
        self._row = BYTES if statistic.unit is Unit.BYTES else COUNT
        self._bins = Bins()
        self._sketch = Sketch(MAX_NAMES, on_release=partial(_clear, self._bins))  # a method would make a cycle

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
        if self._statistic.timed:
            own = slots[keyed.codes // BINS]
            kept = own != NOWHERE
            self._bins.add(own[kept] * BINS + keyed.codes[kept] % BINS, keyed.hits[kept])

    def restore(self, total: int, names: Mapping[str, int]) -> None:
        """Add what an earlier run counted, without times."""
        self.total += total
        if names:
            self._sketch.add(list(names), np.array([list(names.values())], np.int64))

    def names(self, group: str = "") -> dict[str, int]:
        """Return the amount of each name; with `group`, only the names of that group."""
        before = f"{group} " if group else ""
        cut, amounts = len(before), self._sketch.sums[0].tolist()
        return {name[cut:]: amounts[slot] for name, slot in self._sketch.slots.items() if name.startswith(before)}

    def amount(self, group: str) -> int:
        """Return the amount of a group."""
        return sum(self.names(group).values())

    def times(self, name: str) -> Distribution:
        """Return the response times of a name, which starts with its group."""
        return self._bins.of(self._sketch.slots[name])


def _clear(bins: Bins, slots: Slots) -> None:
    """Forget the times of these slots: they may get another name."""
    gone = np.zeros(capacity(MAX_NAMES), np.bool_)
    gone[slots] = True
    bins.pop(gone)

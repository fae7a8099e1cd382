"""What is counted in one bucket by one statistic: sums by key, for a bounded number of keys.

A frequent-items sketch of the Misra-Gries and Space-Saving class. For a bound of c keys up to 2c are held. A further
one first makes room: the c keys of the highest score stay, the rest goes into `other`, and the floor rises to the
highest score that went. The score of a key is its weight (its count, or its total) plus the floor of when it came.
Each time the floor rises by d, at least c + 1 keys pay d of their weight for it, so that after a weight of N in all:

- the floor is at most N / (c + 1), and no key is counted short by more than that;
- so each key that has more than that is here, however late it came and whatever flood it came in;
- what is here of a key is never more than it had, and with `other` it adds up to N exactly;
- a new key costs O(log c) on average.

A key may come with a weight of 0, as by the end of an exchange whose request was counted in an earlier bucket. It has
room like any other and goes among the first; none of the above depends on what it weighs.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Final

from store.distribution import NOT_TIMED

Weight = Callable[[int], int]
"""From packed sums to what a key weighs."""
FEW: Final = 8
"""Bins that take less room as they came than counted."""
ONES: Final = [(1,) * length for length in range(FEW + 1)]
NO_COUNTS: Final[dict[int, int]] = {}


class Cell:
    """Sums of one key, packed, and the bins of its times."""

    __slots__ = ("_counts", "bins", "sums")

    def __init__(self, sums: int = 0) -> None:
        self.sums = sums
        self.bins: list[int] = []
        """Each as it came, or NOT_TIMED."""
        self._counts: dict[int, int] = NO_COUNTS  # of those that were counted before

    def add(self, other: "Cell") -> None:
        """All that another one has."""
        self.sums += other.sums
        self.bins += other.bins
        if other._counts:
            self._counts = _merged(self._counts, other._counts.items())

    def counts(self) -> dict[int, int]:
        """How often each bin was hit. To be read only."""
        if self.bins:
            counted = Counter(self.bins)
            self.bins = []
            counted.pop(NOT_TIMED, None)
            self._counts = _merged(self._counts, counted.items()) if self._counts else counted
        return self._counts

    def extend(self, bins: list[int], counts: list[int]) -> None:
        """Add its bins to columns: one may come more than once, and NOT_TIMED among them."""
        own = self.bins
        if self._counts or len(own) > FEW:
            own = list(self.counts())
            counts += self._counts.values()
        else:
            counts += ONES[len(own)]
        bins += own


class Tally:
    """Sums by key."""

    __slots__ = ("_debts", "_floor", "_max_keys", "_weight", "entries", "other")

    def __init__(self, max_keys: int, weight: Weight) -> None:
        self.entries: dict[str, Cell] = {}
        self.other = Cell()
        self._max_keys = max_keys
        self._weight = weight
        self._floor = 0
        self._debts: dict[str, int] = {}  # the floor when a key came, where it is not 0

    def enter(self, key: str) -> Cell:
        """The new entry of `key`."""
        if len(self.entries) >= 2 * self._max_keys:
            self._make_room()
        if self._floor:
            self._debts[key] = self._floor
        entry = self.entries[key] = Cell()
        return entry

    def add(self, keys: Iterable[str | None], sums: Iterable[int]) -> None:
        """Add packed sums to each key; None is passed over."""
        find, enter = self.entries.get, self.enter
        for key, packed in zip(keys, sums, strict=True):
            if key is not None:
                (find(key) or enter(key)).sums += packed

    def add_timed(self, keys: Iterable[str | None], sums: Iterable[int], bins: Iterable[int]) -> None:
        """Add packed sums and a bin to each key; None is passed over."""
        find, enter = self.entries.get, self.enter
        for key, packed, number in zip(keys, sums, bins, strict=True):
            if key is not None:
                cell = find(key) or enter(key)
                cell.sums += packed
                cell.bins.append(number)

    def merge(self, tally: "Tally") -> None:
        """Add what another one counted."""
        for key, cell in tally.entries.items():
            (self.entries.get(key) or self.enter(key)).add(cell)
        self.other.add(tally.other)

    def whole(self) -> Cell:
        """Everything."""
        cells = [self.other, *self.entries.values()]
        for cell in cells:
            if len(cell.bins) > FEW:
                cell.counts()  # so that they are not counted twice
        whole = Cell(sum([cell.sums for cell in cells]))
        whole.bins = list(chain.from_iterable(cell.bins for cell in cells))
        whole._counts = _merged(NO_COUNTS, chain.from_iterable(cell._counts.items() for cell in cells if cell._counts))
        return whole

    def fold(self) -> int:
        """Count the bins: a frequent one then takes the room of one. How many there are of all keys."""
        return sum(len(cell.counts()) for cell in (self.other, *self.entries.values()))

    def _make_room(self) -> None:
        entries, debts, weight = self.entries, self._debts, self._weight
        scores = {key: weight(cell.sums) + debts.get(key, 0) for key, cell in entries.items()}
        leaving = sorted(scores, key=scores.__getitem__, reverse=True)[self._max_keys :]
        self._floor = scores[leaving[0]]
        for key in leaving:
            self.other.add(entries.pop(key))
            debts.pop(key, None)


def _merged(counts: dict[int, int], more: Iterable[tuple[int, int]]) -> dict[int, int]:
    merged = dict(counts)
    for number, count in more:
        merged[number] = merged.get(number, 0) + count
    merged.pop(NOT_TIMED, None)
    return merged

"""What is counted in one bucket by one statistic: sums by key, for a bounded number of keys.

A frequent-items sketch of the Misra-Gries and Space-Saving class. For a bound of c keys up to 2c are held. A further
one first makes room: the c keys of the highest score stay, the rest goes into `other`, and the floor rises to the
highest score that went. The score of a key is its weight (its count, or its total) plus the floor of when it came.
Each time the floor rises by d, at least c + 1 keys pay d of their weight for it, so that after a weight of N in all:

- the floor is at most N / (c + 1), and no key is counted short by more than that;
- so each key that has more than that is here, however late it came and whatever flood it came in;
- what is here of a key is never more than it had, and with `other` it adds up to N exactly;
- a new key costs O(log c) on average.
"""

from typing import Final

COUNT: Final = 0
"""Keys weigh as much as they were counted."""
TOTAL: Final = 1
"""Keys weigh as much as their amounts add up to."""


class Tally:
    """Sums by key; `weight` is COUNT or TOTAL."""

    __slots__ = ("_debts", "_floor", "_max_keys", "_weight", "entries", "other")

    def __init__(self, max_keys: int, weight: int) -> None:
        self.entries: dict[str, list[int]] = {}
        """[count, total] by key. The caller adds to them in place."""
        self.other = [0, 0]
        self._max_keys = max_keys
        self._weight = weight
        self._floor = 0
        self._debts: dict[str, int] = {}  # the floor when a key came, where it is not 0

    def enter(self, key: object) -> list[int]:
        """The new entry of `key`.

        Raises:
            TypeError: the key is no text.
        """
        if not isinstance(key, str):
            raise TypeError(f"a key is a str or None, not {type(key).__name__}")
        if len(self.entries) >= 2 * self._max_keys:
            self._make_room()
        if self._floor:
            self._debts[key] = self._floor
        entry = self.entries[key] = [0, 0]
        return entry

    def merge(self, tally: "Tally") -> None:
        """Add what another one counted."""
        for key, (count, total) in tally.entries.items():
            _add(self.entries.get(key) or self.enter(key), count, total)
        _add(self.other, *tally.other)

    def sums(self) -> tuple[int, int]:
        """Count and total of everything."""
        entries = self.entries.values()
        return (
            self.other[COUNT] + sum(entry[COUNT] for entry in entries),
            self.other[TOTAL] + sum(entry[TOTAL] for entry in entries),
        )

    def _make_room(self) -> None:
        entries, debts, weight = self.entries, self._debts, self._weight
        scores = {key: entry[weight] + debts.get(key, 0) for key, entry in entries.items()}
        leaving = sorted(scores, key=scores.__getitem__, reverse=True)[self._max_keys :]
        self._floor = scores[leaving[0]]
        for key in leaving:
            _add(self.other, *entries.pop(key))
            debts.pop(key, None)


def _add(entry: list[int], count: int, total: int) -> None:
    entry[COUNT] += count
    entry[TOTAL] += total

"""A sketch: sums for a bounded number of keys, which keeps the heaviest however many others arrive.

It is a frequent-items sketch of the Misra-Gries and Space-Saving family. With a bound of c keys it holds up to 2c. When
there are more, the c keys with the highest scores stay, and the floor rises to the highest score that was removed. The
score of a key is its weight plus its debt: the floor when the key was added. Each time the floor rises by d, at least c
+ 1 keys lose d of their weight, so after a total weight of N:

- the floor is at most N / (c + 1), and no key is undercounted by more than that;
- so every key heavier than that is present, however late it arrived and whatever flood it arrived in;
- no key is overcounted, and together with `rest` the sums add up to N exactly.

A key may arrive with a weight of 0, for instance when an exchange ends whose request was counted in an earlier bucket.
It gets a slot like any other and is among the first to go; none of the above depends on its weight.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NOWHERE: Final = -1
"""Slot of a key that was removed again."""

Slots = NDArray[np.intp]
Amounts = NDArray[np.int64]


def capacity(max_keys: int) -> int:
    """Return the maximum number of slots: 2 x max_keys held, plus max_keys that arrive before room is made."""
    return 3 * max_keys


class Sketch:
    """Gives each heavy key a slot: its column in `sums`, which has one row of whole numbers for each kind of sum.

    Row `weight_row` holds the weights. `sums` may be given; it must be zero and have `capacity` columns. `on_release`
    is called with the slots to be freed before other keys get them.
    """

    def __init__(
        self,
        max_keys: int,
        sums: Amounts | None = None,
        weight_row: int = 0,
        on_release: Callable[[Slots], None] = lambda slots: None,
    ) -> None:
        self.sums: Amounts = np.zeros((1, capacity(max_keys)), np.int64) if sums is None else sums
        self.rest: Amounts = np.zeros(len(self.sums), np.int64)
        """Sums of the keys that were removed to make room."""
        self.slots: dict[str, int] = {}
        """Slot by key, in order of arrival."""
        self.floor = 0
        self.settled_floor = 0
        """The floor when the period that the sums cover began. Debts up to it are settled."""
        self._max_keys = max_keys
        self._weight_row = weight_row
        self._on_release = on_release
        self.keys: list[str] = []
        """Key by slot. A freed slot keeps its old key until it is reused."""
        self._free: list[int] = []
        self._debts: Amounts = np.zeros(capacity(max_keys), np.int64)

    def add(self, keys: Sequence[str], amounts: NDArray[Any]) -> Slots:
        """Add a column of `amounts` to each key, which may occur twice. Return slots, or NOWHERE for removed keys."""
        slots = np.empty(len(keys), np.intp)
        for begin in range(0, len(keys), self._max_keys):
            part = slice(begin, begin + self._max_keys)
            slots[part] = self._slots_of(keys[part])
            for sums, more in zip(self.sums, amounts[:, part], strict=True):
                if more.any():
                    np.add.at(sums, slots[part], more)
            if len(self.slots) > 2 * self._max_keys:
                seen = slots[: part.stop]
                seen[np.isin(seen, self._make_room())] = NOWHERE
        return slots

    def held(self) -> Slots:
        """Return the slots in use, in the order of `slots`."""
        return np.fromiter(self.slots.values(), np.intp, len(self.slots))

    def release(self, slots: Slots) -> None:
        """Remove the keys in these slots."""
        self._on_release(slots)
        self.sums[:, slots] = 0
        for slot in slots.tolist():
            del self.slots[self.keys[slot]]
            self._free.append(slot)

    def _slots_of(self, keys: Sequence[str]) -> list[int]:
        found = list(map(self.slots.get, keys))
        if None in found:
            self._enter([key for key, slot in zip(keys, found, strict=True) if slot is None])
        return [self.slots[key] if slot is None else slot for key, slot in zip(keys, found, strict=True)]

    def _enter(self, keys: Sequence[str]) -> None:
        """Give each new key a slot; a key may occur twice."""
        new = list(dict.fromkeys(keys))
        reused = [self._free.pop() for _ in range(min(len(new), len(self._free)))]
        for slot, key in zip(reused, new, strict=False):
            self.keys[slot] = key
        unused = new[len(reused) :]
        slots = [*reused, *range(len(self.keys), len(self.keys) + len(unused))]
        self.keys += unused
        self.slots.update(zip(new, slots, strict=True))
        self._debts[slots] = self.floor

    def _make_room(self) -> Slots:
        held = self.held()
        scores = self.sums[self._weight_row, held] + np.maximum(self._debts[held], self.settled_floor)
        leaving = np.argsort(-scores, kind="stable")[self._max_keys :]
        gone = held[leaving]
        self.rest += self.sums[:, gone].sum(axis=1)
        self.release(gone)
        self.floor = max(self.floor, int(scores[leaving[0]]))
        return gone

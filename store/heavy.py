"""Sums by key for a bounded number of keys: the heavy ones, however many others come.

A frequent-items sketch of the Misra-Gries and Space-Saving class. For a bound of c keys up to 2c are held. When there
are more, the c keys of the highest score stay, and the floor rises to the highest score that went. The score of a key
is its weight plus its debt: what the floor was when it came. Each time the floor rises by d, at least c + 1 keys pay d
of their weight for it, so that after a weight of N in all:

- the floor is at most N / (c + 1), and no key is counted short by more than that;
- so each key that has more than that is here, however late it came and whatever flood it came in;
- what is here of a key is never more than it had, and with `rest` it adds up to N exactly.

A key may come with a weight of 0, as by the end of an exchange whose request was counted in an earlier bucket. It has
room like any other and goes among the first; none of the above depends on what it weighs.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NOWHERE: Final = -1
"""Stands for the slot of a key that had to go again."""

Slots = NDArray[np.intp]
Amounts = NDArray[np.int64]


def capacity(max_keys: int) -> int:
    """Slots that a sketch uses at most: so many keys come at a time before those that are too many go."""
    return 3 * max_keys


class Heavy:
    """A slot for each of the heavy keys, which is its column in `sums`: a row of whole numbers for each kind of sum.

    Row `weigh` is what keys weigh. `sums` may be given, with `capacity` columns of zeros. `leave` is called with the
    slots that are let go before others get them.
    """

    def __init__(
        self,
        max_keys: int,
        sums: Amounts | None = None,
        weigh: int = 0,
        leave: Callable[[Slots], None] = lambda slots: None,
    ) -> None:
        self.sums: Amounts = np.zeros((1, capacity(max_keys)), np.int64) if sums is None else sums
        self.rest: Amounts = np.zeros(len(self.sums), np.int64)
        """What those had that went because there were too many."""
        self.slots: dict[str, int] = {}
        """By key, in the order in which they came."""
        self.floor = 0
        self.past = 0
        """What the floor was when that began which the sums are of: it is owed by nobody any more."""
        self._max_keys = max_keys
        self._weigh = weigh
        self._leave = leave
        self.keys: list[str] = []
        """By slot, also what was let go until another one comes."""
        self._free: list[int] = []
        self._debts: Amounts = np.zeros(capacity(max_keys), np.int64)

    def add(self, keys: Sequence[str], amounts: NDArray[Any]) -> Slots:
        """Add to each key its column of `amounts`. Its slot, or NOWHERE; a key may come twice."""
        slots = np.empty(len(keys), np.intp)
        for begin in range(0, len(keys), self._max_keys):
            part = slice(begin, begin + self._max_keys)
            slots[part] = self._places(keys[part])
            for sums, more in zip(self.sums, amounts[:, part], strict=True):
                np.add.at(sums, slots[part], more)
            if len(self.slots) > 2 * self._max_keys:
                seen = slots[: part.stop]
                seen[np.isin(seen, self._make_room())] = NOWHERE
        return slots

    def held(self) -> Slots:
        """The slots in use, as `slots` has them."""
        return np.fromiter(self.slots.values(), np.intp, len(self.slots))

    def release(self, slots: Slots) -> None:
        """Forget the keys of these."""
        self._leave(slots)
        self.sums[:, slots] = 0
        for slot in slots.tolist():
            del self.slots[self.keys[slot]]
            self._free.append(slot)

    def _places(self, keys: Sequence[str]) -> list[int]:
        found = list(map(self.slots.get, keys))
        if None in found:
            self._enter([key for key, slot in zip(keys, found, strict=True) if slot is None])
        return [self.slots[key] if slot is None else slot for key, slot in zip(keys, found, strict=True)]

    def _enter(self, keys: Sequence[str]) -> None:
        """Give new keys a slot each; a key may come twice."""
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
        scores = self.sums[self._weigh, held] + np.maximum(self._debts[held], self.past)
        leaving = np.argsort(-scores, kind="stable")[self._max_keys :]
        gone = held[leaving]
        self.rest += self.sums[:, gone].sum(axis=1)
        self.release(gone)
        self.floor = max(self.floor, int(scores[leaving[0]]))
        return gone

"""Whose something is: how much of it, by name, for a bounded number of names.

A frequent-items sketch (Misra and Gries 1982, as `store.heavy` has it, here for a mere number). For a bound of c names
up to 2c are held. A further one makes room: the c largest stay, and what a name would have needed to stay is the head
start of those that come later. So after an amount of N in all no name is short by more than N / (c + 1), and each with
more than that is here, however late it came and whatever flood it came in.
"""

from collections import Counter
from collections.abc import Mapping
from heapq import nsmallest
from typing import Final

MAX_NAMES: Final = 100
"""So no share is short by more than 1 % of the whole."""


class Shares:
    """Amounts by name."""

    __slots__ = ("_amounts", "_debts", "_floor", "_max_names")

    def __init__(self, max_names: int = MAX_NAMES) -> None:
        self._max_names = max_names
        self._amounts: Counter[str] = Counter()
        self._debts: dict[str, int] = {}  # the floor when a name came, where it is not 0
        self._floor = 0

    def add(self, amounts: Mapping[str, int]) -> None:
        """Add to each name its amount."""
        held = self._amounts
        for name, amount in amounts.items():
            if name in held:
                held[name] += amount
            else:
                self._enter(name, amount)

    def largest(self, limit: int) -> list[tuple[str, int]]:
        """The names with the largest amounts, largest first; equal ones in the order of their text."""
        return nsmallest(limit, self._amounts.items(), key=lambda entry: (-entry[1], entry[0]))

    def above(self, usual: "Shares", scale: float) -> "Shares":
        """What each name has more than `scale` times its usual amount; names that have no more are left out."""
        more = Shares(self._max_names)
        for name, amount in self._amounts.items():
            excess = round(amount - scale * usual._amounts[name])
            if excess > 0:
                more._enter(name, excess)
        return more

    def _enter(self, name: str, amount: int) -> None:
        if len(self._amounts) >= 2 * self._max_names:
            self._make_room()
        if self._floor:
            self._debts[name] = self._floor
        self._amounts[name] = amount

    def _make_room(self) -> None:
        amounts, debts = self._amounts, self._debts
        scores = {name: amount + debts.get(name, 0) for name, amount in amounts.items()}
        leaving = sorted(scores, key=scores.__getitem__, reverse=True)[self._max_names :]
        self._floor = scores[leaving[0]]
        for name in leaving:
            del amounts[name]
            debts.pop(name, None)

"""Whose something is: how much of it, by name, for a bounded number of names.

A frequent-items sketch (Misra and Gries 1982, as `store.tally` has it, here for what several buckets counted). For a
bound of c names up to 2c are held. A further one makes room: the c largest stay, and what a name would have needed to
stay is the head start of those that come later. So after an amount of N in all no name is short by more than
N / (c + 1), and each with more than that is here, however late it came and whatever flood it came in.
"""

from collections.abc import Iterable
from typing import Final

MAX_NAMES: Final = 100
"""So no share is short by more than 1 % of the whole."""


class Share:
    """What a name has."""

    __slots__ = ("amount", "bins", "debt")

    def __init__(self, debt: int) -> None:
        self.amount = 0
        self.bins: dict[int, int] = {}
        """How often each bin of a `Distribution` was hit."""
        self.debt = debt
        """The floor when it came."""


class Shares:
    """Amounts by name."""

    __slots__ = ("_floor", "_max_names", "held")

    def __init__(self, max_names: int = MAX_NAMES) -> None:
        self.held: dict[str, Share] = {}
        self._max_names = max_names
        self._floor = 0

    def add(self, name: str, amount: int, bins: Iterable[tuple[int, int]] = ()) -> None:
        """Add to what a name has."""
        share = self.held.get(name) or self._enter(name)
        share.amount += amount
        for number, count in bins:
            share.bins[number] = share.bins.get(number, 0) + count

    def _enter(self, name: str) -> Share:
        if len(self.held) >= 2 * self._max_names:
            self._make_room()
        share = self.held[name] = Share(self._floor)
        return share

    def _make_room(self) -> None:
        scores = {name: share.amount + share.debt for name, share in self.held.items()}
        leaving = sorted(scores, key=scores.__getitem__, reverse=True)[self._max_names :]
        self._floor = scores[leaving[0]]
        for name in leaving:
            del self.held[name]

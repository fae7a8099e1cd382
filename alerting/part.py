"""What a window has of one sum: how much in all, and who has the most of it."""

from alerting.shares import Shares
from alerting.sums import Sum
from stats.statistic import BYTES
from store.distribution import NO_TIMES, Distribution
from store.sums import Closed, Sums


class Part:
    """Of a window, what the store counted for `of`."""

    __slots__ = ("_of", "_shares", "total")

    def __init__(self, of: Sum) -> None:
        self.total = 0
        """Requests, exchanges or bytes. Exact, however many names there are."""
        self._of = of
        self._shares = Shares()

    def add(self, closed: Closed) -> None:
        """Add what was counted in a bucket."""
        self.total += self._amount(closed.other)
        for name, sums in closed.keys.items():
            if amount := self._amount(sums):
                self.total += amount
                self._shares.add(name, amount, sums.times.bins if self._of.timed else ())

    def names(self, group: str = "") -> dict[str, int]:
        """How much each name has; those of a group, if there are groups."""
        before = f"{group} " if group else ""
        held, cut = self._shares.held, len(before)
        return {name[cut:]: share.amount for name, share in held.items() if name.startswith(before)}

    def amount(self, group: str) -> int:
        """How much a group has."""
        return sum(self.names(group).values())

    def times(self, name: str) -> Distribution:
        """The response times of a name, which has its group before it."""
        share = self._shares.held.get(name)
        return Distribution.of(share.bins.items()) if share else NO_TIMES

    def _amount(self, sums: Sums) -> int:
        return round(sums.total) if self._of.unit is BYTES else sums.count

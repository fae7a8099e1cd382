"""What was counted in a bucket, for all signals at once: each count is taken once, whoever reads it."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from traffic.records import Exchange, Request


class Count(Protocol):
    """What is counted of records, for the length of a bucket."""

    def add(self, requests: Sequence[Request], exchanges: Sequence[Exchange]) -> None:
        """Count a batch; in whole columns, as this is done for every record."""

    def successor(self) -> "Count":
        """An empty one for the next bucket."""


C = TypeVar("C", bound=Count)


class Figures:
    """The counts of a bucket that is `seconds` wide."""

    __slots__ = ("_counts", "empty", "seconds")

    def __init__(self, kinds: Iterable[type[Count]], seconds: float) -> None:
        self.seconds = seconds
        self.empty = True
        """Whether nothing was counted."""
        self._counts: dict[type[Count], Count] = {kind: kind() for kind in kinds}

    def add(self, requests: Sequence[Request], exchanges: Sequence[Exchange]) -> None:
        """Count a batch."""
        if requests or exchanges:
            self.empty = False
            for count in self._counts.values():
                count.add(requests, exchanges)

    def of(self, kind: type[C]) -> C:
        """One of the counts."""
        count = self._counts[kind]
        assert isinstance(count, kind)
        return count

    def successor(self, seconds: float) -> "Figures":
        """Empty ones for the next bucket."""
        following = Figures((), seconds)
        following._counts = {kind: count.successor() for kind, count in self._counts.items()}
        return following

"""Hits and bins of keys, column by column, of one bucket or several: what `store.slices` is made of."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from store.spans import narrow
from store.tally import Cell

OVERHEAD: Final = 800
"""Bytes of a piece without its keys."""


class Columns:
    """What a piece is made from, key by key in the order of their numbers."""

    __slots__ = ("bins", "counts", "ends", "hits", "numbers")

    def __init__(self) -> None:
        self.numbers: list[int] = []
        """Of their entries."""
        self.hits: list[int] = []
        self.bins: list[int] = []
        """Of one key after the other, in any order; one may come more than once."""
        self.counts: list[int] = []
        """How often each of these was hit."""
        self.ends: list[int] = [0]
        """Where the bins of each key end; before the first, 0."""

    @classmethod
    def of_cells(cls, numbers: list[int], hits: list[int], cells: Iterable[Cell]) -> "Columns":
        """Of one bucket."""
        columns = cls()
        columns.numbers, columns.hits = numbers, hits
        bins, counts, ends = columns.bins, columns.counts, columns.ends
        for cell in cells:
            cell.extend(bins, counts)
            ends.append(len(bins))
        return columns

    def add(self, number: int, places: Sequence[tuple["Piece", int]]) -> None:
        """A key that is at these places of pieces."""
        self.numbers.append(number)
        self.hits.append(sum(piece.hits[place] for piece, place in places))
        if len(places) == 1:
            bins, counts = places[0][0].columns(places[0][1])
            self.bins += bins
            self.counts += counts
        else:
            added: dict[int, int] = {}
            for piece, place in places:
                piece.add_to(added, place)
            self.bins += added
            self.counts += added.values()
        self.ends.append(len(self.bins))


class Piece:
    """Hits and bins of the keys in the buckets `first` to `last`."""

    __slots__ = ("_bins", "_counts", "_ends", "first", "hits", "last", "numbers", "size")

    def __init__(self, first: int, last: int, columns: Columns) -> None:
        self.first = first
        self.last = last
        self.numbers = narrow(columns.numbers)
        self.hits = narrow(columns.hits)
        self._bins = narrow(columns.bins)
        self._counts = narrow(columns.counts)
        self._ends = narrow(columns.ends)
        parts = (self.numbers, self.hits, self._bins, self._counts, self._ends)
        self.size = OVERHEAD + sum(len(part) * part.itemsize for part in parts)
        """Bytes, about."""

    def place(self, number: int) -> int | None:
        """Of the key with that entry; None if it is not here."""
        place = bisect_left(self.numbers, number)
        return place if place < len(self.numbers) and self.numbers[place] == number else None

    def columns(self, place: int) -> tuple[Sequence[int], Sequence[int]]:
        """Bins, and how often each was hit."""
        begin, end = self._ends[place : place + 2]
        return self._bins[begin:end], self._counts[begin:end]

    def add_to(self, counts: dict[int, int], place: int) -> None:
        """Add how often each bin was hit."""
        for number, times in zip(*self.columns(place), strict=True):
            counts[number] = counts.get(number, 0) + times

    def without_bins(self) -> "Piece":
        """Its hits alone."""
        columns = Columns()
        columns.numbers, columns.hits = list(self.numbers), list(self.hits)
        columns.ends = [0] * (len(self.numbers) + 1)
        return Piece(self.first, self.last, columns)

    @property
    def has_bins(self) -> bool:
        """Whether any times are known."""
        return bool(self._bins)

"""Closed buckets, packed: the sums that each added to each key, by which they leave the windows again.

A span is one bucket, or neighbours that share their cells because memory was short: those are counted, and leave,
together. Which ones is up to `neighbours`: the older they are, the more may be together, so that no window is off by
more than a small part of its length.

A cell is the number of an entry of the window, and packed sums, in fixed width and compressed: about 14 bytes.
"""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, Protocol

from store.packed import counts_of

OVERHEAD: Final = 600
"""Bytes of a span without its cells."""
QUICK: Final = 1
"""Level of compression."""


class Dated(Protocol):
    """What is of the buckets `first` to `last`."""

    @property
    def first(self) -> int:
        """Number of the first bucket."""
        ...

    @property
    def last(self) -> int:
        """Number of the last bucket."""
        ...


class Span:
    """The cells of buckets `first` to `last`, in the order of their numbers."""

    __slots__ = ("_block", "_width", "counts", "first", "floors", "last", "numbers", "size")

    def __init__(
        self, first: int, last: int, numbers: Sequence[int], sums: Sequence[int], floors: Sequence[int]
    ) -> None:
        self.first = first
        self.last = last
        self.floors = floors
        """Of the statistics, when it was closed."""
        self.numbers = narrow(numbers)
        self.counts = narrow(counts_of(sums))
        """How often each came: to draw one key over time, without unpacking all."""
        self._width = width = (max(map(int.bit_length, sums), default=0) + 7) // 8
        self._block = zlib.compress(b"".join([packed.to_bytes(width, "little") for packed in sums]), QUICK)
        self.size = OVERHEAD + len(self._block) + sum(len(part) * part.itemsize for part in (self.numbers, self.counts))
        """Bytes, about."""

    def cells(self) -> Iterator[tuple[int, int]]:
        """Number of an entry, and packed sums."""
        block, width, read = zlib.decompress(self._block), self._width, int.from_bytes
        sums = [read(block[place : place + width], "little") for place in range(0, len(block), width or 1)]
        return zip(self.numbers, sums, strict=True)

    def count_of(self, number: int) -> int:
        """How often an entry came."""
        place = bisect_left(self.numbers, number)
        return self.counts[place] if place < len(self.numbers) and self.numbers[place] == number else 0

    def merged(self, other: "Span", lives: Callable[[int], object]) -> "Span":
        """Both as one, with the cells of those that still live."""
        sums: dict[int, int] = {}
        for number, packed in (*self.cells(), *other.cells()):
            if lives(number):
                sums[number] = sums.get(number, 0) + packed
        first, last = min(self.first, other.first), max(self.last, other.last)
        numbers = sorted(sums)
        latest = max(self, other, key=lambda span: span.last)
        return Span(first, last, numbers, [sums[number] for number in numbers], latest.floors)


def narrow(values: Sequence[int]) -> "array[int]":
    """In as few bytes each as they need."""
    highest = max(values, default=0)
    return array(next(code for code in "BHIQ" if highest < 1 << 8 * array(code).itemsize), values)


def neighbours(dated: Sequence[Dated], now: int, edges: Iterable[int]) -> list[int]:
    """Places of those that can best be one with the next, the best first.

    They have the shortest length for their age. None are on both sides of an edge, where a window begins.
    """
    barred = {bisect_left(dated, edge, key=lambda one: one.last) - 1 for edge in edges}
    scores = [
        ((newer.last - older.first) / (now - newer.last + 1), place)
        for place, (older, newer) in enumerate(pairwise(dated))
        if place not in barred
    ]
    return [place for _, place in sorted(scores)]

"""What ages in steps: for each key the bins of its times, and its hits over time.

Each window is looked at in twelfths, its slices, which begin at multiples of their length since the epoch. The latest
buckets are pieces of their own; those of a slice become one piece once they are too old for all shorter windows. So a
day is some 90 pieces, of 10 s, 5 min and 2 h, and the distribution of a window reaches back to the begin of the slice
that it begins in: by up to a twelfth of the window further than its sums, which leave bucket by bucket. All keys, and
the whole of a statistic, age in the same steps, so that what is left of the whole beside some keys is exact.

Pieces are put together a bit at each bucket, so that none costs much more than another. Only keys live on that still
have an entry.

Bounds: `max_bytes`. Beyond it neighbours are put together early; at last the oldest bins go, and percentiles are those
of the time after.
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, groupby, islice, pairwise, repeat
from operator import itemgetter
from typing import Final, NamedTuple

from store.spans import narrow, neighbours

SLICES: Final = 12
"""Of a window."""
OVERHEAD: Final = 800
"""Bytes of a piece without its keys."""
PARTS: Final = 8
"""A merge is done in so many steps, one at each bucket."""


class Mark(NamedTuple):
    """What a bucket, or several, add to a key."""

    number: int
    """Of its entry."""
    hits: int
    bins: Sequence[int]
    """In any order; one may come more than once."""
    counts: Sequence[int]
    """How often each was hit."""


class Piece:
    """Hits and bins of the keys in the buckets `first` to `last`, in the order of their numbers."""

    __slots__ = ("_bins", "_counts", "_ends", "_hits", "first", "last", "numbers", "size")

    def __init__(self, first: int, last: int, marks: Iterable[Mark]) -> None:
        self.first = first
        self.last = last
        numbers: list[int] = []
        hits: list[int] = []
        bins: list[int] = []
        counts: list[int] = []
        ends = [0]
        for number, hit, own, times in marks:
            numbers.append(number)
            hits.append(hit)
            bins += own
            counts += times
            ends.append(len(bins))
        self.numbers, self._hits, self._ends = narrow(numbers), narrow(hits), narrow(ends)
        self._bins, self._counts = narrow(bins), narrow(counts)
        columns = (self.numbers, self._hits, self._bins, self._counts, self._ends)
        self.size = OVERHEAD + sum(len(column) * column.itemsize for column in columns)
        """Bytes, about."""

    def mark(self, place: int) -> Mark:
        """The one at that place."""
        begin, end = self._ends[place : place + 2]
        return Mark(self.numbers[place], self._hits[place], self._bins[begin:end], self._counts[begin:end])

    def hits(self, number: int) -> int:
        """Of the key with that entry."""
        place = bisect_left(self.numbers, number)
        return self._hits[place] if place < len(self.numbers) and self.numbers[place] == number else 0

    def add_bins(self, number: int, counts: dict[int, int]) -> None:
        """Add how often each bin was hit by the key with that entry."""
        place = bisect_left(self.numbers, number)
        if place < len(self.numbers) and self.numbers[place] == number:
            begin, end = self._ends[place : place + 2]
            for bin_, times in zip(self._bins[begin:end], self._counts[begin:end], strict=True):
                counts[bin_] = counts.get(bin_, 0) + times

    def without_bins(self) -> "Piece":
        """Its hits alone."""
        marks = (Mark(number, hits, (), ()) for number, hits in zip(self.numbers, self._hits, strict=True))
        return Piece(self.first, self.last, marks)

    @property
    def has_bins(self) -> bool:
        """Whether any times are known."""
        return bool(self._bins)


class Slices:
    """Pieces, in the order of time. `windows` are their lengths in buckets."""

    def __init__(self, windows: Iterable[int], max_bytes: int, lives: Callable[[int], object]) -> None:
        self.widths = _widths(windows)
        """By the length of a window that of its slices, both in buckets."""
        self._levels = [
            (width, max(window, SLICES * narrower)) for (window, narrower), (_, width) in pairwise(self.widths.items())
        ]  # of what length pieces may be, and at what age, in buckets
        self._max_bytes = max_bytes
        self._lives = lives
        self._size = 0
        self._pieces: list[Piece] = []
        self._merge: Iterator[None] = iter(())  # the merge under way

    def add(self, index: int, marks: Sequence[Mark]) -> None:
        """What was counted in bucket `index`, which may have been added to before."""
        self._insert(Piece(index, index, marks))

    def drop(self, now: int, edges: Sequence[int]) -> None:
        """The last bucket closed is `now`, the windows begin at `edges`. Let go what ended before all of them."""
        while self._pieces and self._pieces[0].last < min(edges):
            self._remove(self._pieces[0])
        self._work(now)
        while self._size > self._max_bytes and self._shrink(now, edges):
            pass

    def bins(self, number: int, edge: int) -> dict[int, int]:
        """How often each bin was hit by the times of an entry, from bucket `edge` on."""
        counts: dict[int, int] = {}
        for piece in self._from(edge):
            piece.add_bins(number, counts)
        return counts

    def trend(self, number: int, now: int, width: int) -> tuple[int, ...]:
        """Hits of an entry in the latest slices of `width` buckets, up to bucket `now`, the last one closed."""
        first = now // width - SLICES + 1
        hits = [0] * SLICES
        for piece in self._from(first * width):
            if piece.last <= now:
                hits[piece.last // width - first] += piece.hits(number)
        return tuple(hits)

    def _from(self, edge: int) -> Iterator[Piece]:
        return islice(self._pieces, bisect_left(self._pieces, edge, key=lambda piece: piece.last), None)

    def _insert(self, piece: Piece) -> None:
        insort(self._pieces, piece, key=lambda other: other.last)
        self._size += piece.size

    def _remove(self, piece: Piece) -> None:
        self._pieces.remove(piece)
        self._size -= piece.size

    def _work(self, now: int) -> None:
        """A part of the merge under way; or begin the next, if a slice is complete and old enough."""
        if next(self._merge, self) is self:
            group = next((group for level in self._levels for group in self._groups(now, *level)), None)
            if group is not None:
                self._merge = self._merging(group)

    def _groups(self, now: int, width: int, age: int) -> Iterator[list[Piece]]:
        """Pieces that belong together in slices of `width` buckets, and ended `age` buckets ago."""
        old = (piece for piece in self._pieces if (piece.last // width + 1) * width <= now - age)
        for _, together in groupby(old, key=lambda piece: piece.last // width):
            group = list(together)
            if len(group) > 1:
                yield group

    def _merging(self, group: Sequence[Piece]) -> Iterator[None]:
        """Make one piece of several, with a break now and then."""
        part = sum(len(piece.numbers) for piece in group) // max(1, min(PARTS, len(group) // 3)) + 1
        merged: list[Mark] = []
        places = heapq.merge(*(zip(piece.numbers, repeat(each), count()) for each, piece in enumerate(group)))
        done = 0
        for number, same in groupby(places, key=itemgetter(0)):
            marks = [group[each].mark(place) for _, each, place in same]
            done += len(marks)
            if self._lives(number):
                merged.append(_sum(marks))
            if done >= part:
                done = 0
                yield
        if all(piece in self._pieces for piece in group):
            for piece in group:
                self._remove(piece)
            self._insert(Piece(group[0].first, group[-1].last, merged))

    def _shrink(self, now: int, edges: Sequence[int]) -> bool:
        """Put the two together that suit best; with none left, let bins go. False when there is nothing to be had."""
        best = next(iter(neighbours(self._pieces, now, edges)), None)
        if best is not None:
            for _ in self._merging(self._pieces[best : best + 2]):
                pass
            return True
        oldest = next((piece for piece in self._pieces if piece.has_bins), None)
        if oldest is not None:
            self._remove(oldest)
            self._insert(oldest.without_bins())
        return oldest is not None


def _sum(marks: Sequence[Mark]) -> Mark:
    if len(marks) == 1:
        return marks[0]
    counts: dict[int, int] = {}
    for mark in marks:
        for number, times in zip(mark.bins, mark.counts, strict=True):
            counts[number] = counts.get(number, 0) + times
    return Mark(marks[0].number, sum(mark.hits for mark in marks), list(counts), list(counts.values()))


def _widths(windows: Iterable[int]) -> dict[int, int]:
    """Slices of each window, the last bucket first; each as long as some of those of the window before."""
    widths = {1: 1}
    width = 1
    for window in sorted(windows):
        width = widths[window] = -(-window // (SLICES * width)) * width
    return widths

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
from operator import attrgetter, itemgetter
from typing import Final

from store.pieces import Columns, Piece
from store.spans import neighbours

SLICES: Final = 12
"""Of a window."""
PARTS: Final = 8
"""A merge is done in so many steps, one at each bucket."""
FEW: Final = 4
"""Slices of a window that must have begun for a trend to be one."""
KNOWN: Final = 1000
"""Keys whose bins are not added up again at each look."""


class Known:
    """Bins of an entry that were added up, up to the piece at place `end`."""

    __slots__ = ("counts", "end")

    def __init__(self, end: int) -> None:
        self.counts: dict[int, int] = {}
        self.end = end


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
        self._known: dict[tuple[int, int], Known] = {}  # by entry and first piece; as long as pieces are but added

    def add(self, index: int, columns: Columns) -> None:
        """What was counted in bucket `index`, which may have been added to before."""
        self._insert(Piece(index, index, columns))

    def drop(self, now: int, edges: Sequence[int]) -> None:
        """The last bucket closed is `now`, the windows begin at `edges`. Let go what ended before all of them."""
        while self._pieces and self._pieces[0].last < min(edges):
            self._remove(self._pieces[0])
        self._work(now)
        while self._size > self._max_bytes and self._shrink(now, edges):
            pass

    def bins(self, number: int, edge: int) -> dict[int, int]:
        """How often each bin was hit by the times of an entry, from bucket `edge` on. To be read only."""
        begin = self._begin(edge)
        if len(self._known) >= KNOWN:
            self._known.clear()
        known = self._known.setdefault((number, begin), Known(begin))
        for piece in islice(self._pieces, known.end, None):
            place = piece.place(number)
            if place is not None:
                piece.add_to(known.counts, place)
        known.end = len(self._pieces)
        return known.counts

    def width(self, window: int, now: int) -> int:
        """Buckets of the slices that show a trend in that window: its own, or as long as those are too FEW, those of a
        shorter one.
        """
        first = self._pieces[0].first if self._pieces else now
        own = self.widths[window]
        shown = (width for width in self.widths.values() if width <= own and now // width - first // width >= FEW - 1)
        return max(shown, default=1)

    def trend(self, number: int, now: int, width: int) -> tuple[int, ...]:
        """Hits of an entry in the latest slices of `width` buckets, up to bucket `now`, the last one closed."""
        first = now // width - SLICES + 1
        hits = [0] * SLICES
        for piece in islice(self._pieces, self._begin(first * width), None):
            place = piece.place(number)
            if piece.last <= now and place is not None:
                hits[piece.last // width - first] += piece.hits[place]
        return tuple(hits)

    def _begin(self, edge: int) -> int:
        return bisect_left(self._pieces, edge, key=_last)

    def _insert(self, piece: Piece) -> None:
        if self._pieces and piece.last < self._pieces[-1].last:
            self._known.clear()
        insort(self._pieces, piece, key=_last)
        self._size += piece.size

    def _remove(self, piece: Piece) -> None:
        self._known.clear()
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
        merged = Columns()
        places = heapq.merge(*(zip(piece.numbers, repeat(each), count()) for each, piece in enumerate(group)))
        done = 0
        for number, same in groupby(places, key=itemgetter(0)):
            known = [(group[each], place) for _, each, place in same]
            done += len(known)
            if self._lives(number):
                merged.add(number, known)
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


_last = attrgetter("last")


def _widths(windows: Iterable[int]) -> dict[int, int]:
    """Slices of each window, the last bucket first; each as long as some of those of the window before."""
    widths = {1: 1}
    width = 1
    for window in sorted(windows):
        width = widths[window] = -(-window // (SLICES * width)) * width
    return widths

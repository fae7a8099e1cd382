"""Counts over time, in slices of equal length."""

from typing import Final, NamedTuple

from store.block import Block
from store.sums import COUNT
from store.windows import Windows

CURVE_SLICES: Final = 240
"""Most slices of a curve; wider screens are rare."""
MAX_WATCHED: Final = 64
"""Number of curves kept up to date; the least recently requested goes first."""


class Curve(NamedTuple):
    """Counts per slice. Slices start at multiples of their length since the epoch."""

    start: float
    """Start of the first slice, in seconds since the epoch."""
    width: float
    """Length of a slice in seconds."""
    elapsed: float
    """Seconds of the last slice that have passed; all other slices are complete."""
    counts: tuple[int, ...]
    """Oldest first."""


class CurveKey(NamedTuple):
    """Which counts a curve shows."""

    number: int
    """Index of the statistic."""
    key: str | None
    """None for all keys."""
    width: int
    """Length of a slice in buckets."""


class SliceCounts:
    """Counts per slice, from slice `since` on."""

    def __init__(self, since: int, width: int) -> None:
        self.since = since
        self._width = width
        self._counts: dict[int, int] = {}

    def add(self, first: int, last: int, count: int) -> None:
        """Add a count for buckets `first` to `last`, spread evenly because the exact distribution is unknown."""
        length = last - first + 1
        for step, index in enumerate(range(first, last + 1)):
            part = count * (step + 1) // length - count * step // length
            self._counts[index // self._width] = self._counts.get(index // self._width, 0) + part

    def between(self, first: int, last: int) -> tuple[int, ...]:
        """Return the counts of slices `first` to `last`, and forget earlier slices."""
        for gone in range(self.since, first):
            self._counts.pop(gone, None)
        self.since = max(self.since, first)
        return tuple(self._counts.get(place, 0) for place in range(first, last + 1))


class Curves:
    """Curves of closed buckets. A curve requested repeatedly is updated with each bucket, not computed anew."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._watched: dict[CurveKey, SliceCounts] = {}

    def add(self, index: int, block: Block) -> None:
        """Add the counts of bucket `index`."""
        for curve, counts in self._watched.items():
            row = self._windows.row(curve.number, curve.key)
            if row is not None:
                counts.add(index, index, block.count_of(row))

    def counts(self, curve: CurveKey, first: int, last: int) -> tuple[int, ...]:
        """Return the counts of slices `first` to `last`, and keep them up to date from now on."""
        counts = self._watched.pop(curve, None)
        if counts is None or counts.since > first:
            counts = self.compute(curve, first)
        self._watched[curve] = counts
        if len(self._watched) > MAX_WATCHED:
            del self._watched[next(iter(self._watched))]
        return counts.between(first, last)

    def compute(self, curve: CurveKey, first: int) -> SliceCounts:
        """Compute the counts from slice `first` on from the blocks of the window."""
        counts = SliceCounts(first, curve.width)
        begin = first * curve.width
        if curve.key is None:
            for index, sums in self._windows.buckets.items():
                if index >= begin:
                    counts.add(index, index, int(sums[curve.number, COUNT]))
        elif (row := self._windows.row(curve.number, curve.key)) is not None:
            for block, count in self._windows.counts(row, begin):
                counts.add(block.first, block.last, count)
        return counts

"""Counts over time, in slices of equal length."""

from typing import Final, NamedTuple

from store.block import Block
from store.sums import COUNT
from store.window import Window

WATCHED: Final = 64
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


class Subject(NamedTuple):
    """Which counts a curve shows."""

    number: int
    """Index of the statistic."""
    key: str | None
    """None for all keys."""
    width: int
    """Length of a slice in buckets."""


class Counts:
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

    def __init__(self, window: Window) -> None:
        self._window = window
        self._watched: dict[Subject, Counts] = {}

    def add(self, index: int, block: Block) -> None:
        """Add the counts of bucket `index`."""
        for subject, counts in self._watched.items():
            row = self._window.row(subject.number, subject.key)
            if row is not None:
                counts.add(index, index, block.count_of(row))

    def counts(self, subject: Subject, first: int, last: int) -> tuple[int, ...]:
        """Return the counts of slices `first` to `last`, and keep them up to date from now on."""
        counts = self._watched.pop(subject, None)
        if counts is None or counts.since > first:
            counts = self.look_up(subject, first)
        self._watched[subject] = counts
        if len(self._watched) > WATCHED:
            del self._watched[next(iter(self._watched))]
        return counts.between(first, last)

    def look_up(self, subject: Subject, first: int) -> Counts:
        """Compute the counts from slice `first` on from the blocks of the window."""
        counts = Counts(first, subject.width)
        begin = first * subject.width
        if subject.key is None:
            for index, sums in self._window.buckets.items():
                if index >= begin:
                    counts.add(index, index, int(sums[subject.number, COUNT]))
        elif (row := self._window.row(subject.number, subject.key)) is not None:
            for block, count in self._window.counts(row, begin):
                counts.add(block.first, block.last, count)
        return counts

"""Counts over time, in slices of equal length."""

from typing import Final, NamedTuple

from store.block import Block
from store.sums import COUNT
from store.window import Window

CURVE_SLICES: Final = 240
"""Most slices of a curve; wider screens are rare."""
WATCHED: Final = 64
"""Curves that are kept up to date; the one asked for longest ago goes first."""


class Curve(NamedTuple):
    """How often in each slice; slices begin at multiples of their length since the epoch."""

    start: float
    """Of the first slice, in seconds since the epoch."""
    width: float
    """Seconds of a slice."""
    elapsed: float
    """Seconds of the last slice that are over; the others are over."""
    counts: tuple[int, ...]
    """Oldest first."""


class Subject(NamedTuple):
    """What a curve is of."""

    number: int
    """Of the statistic."""
    key: str | None
    """None for all keys."""
    width: int
    """Buckets of a slice."""


class Counts:
    """How often by slice, from slice `since` on."""

    def __init__(self, since: int, width: int) -> None:
        self.since = since
        self._width = width
        self._counts: dict[int, int] = {}

    def add(self, first: int, last: int, count: int) -> None:
        """What came in buckets `first` to `last`, which share it evenly: nobody knows better."""
        length = last - first + 1
        for step, index in enumerate(range(first, last + 1)):
            part = count * (step + 1) // length - count * step // length
            self._counts[index // self._width] = self._counts.get(index // self._width, 0) + part

    def between(self, first: int, last: int) -> tuple[int, ...]:
        """Of slices `first` to `last`; those before are forgotten."""
        for gone in range(self.since, first):
            self._counts.pop(gone, None)
        self.since = max(self.since, first)
        return tuple(self._counts.get(place, 0) for place in range(first, last + 1))


class Curves:
    """Curves of closed buckets. What is asked for again and again is not looked up again: it grows with each bucket."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._watched: dict[Subject, Counts] = {}

    def add(self, index: int, block: Block) -> None:
        """What was counted in bucket `index`."""
        for subject, counts in self._watched.items():
            row = self._window.row(subject.number, subject.key)
            if row is not None:
                counts.add(index, index, block.count_of(row))

    def counts(self, subject: Subject, first: int, last: int) -> tuple[int, ...]:
        """Of slices `first` to `last`, kept up to date from now on."""
        counts = self._watched.pop(subject, None)
        if counts is None or counts.since > first:
            counts = self.look_up(subject, first)
        self._watched[subject] = counts
        if len(self._watched) > WATCHED:
            del self._watched[next(iter(self._watched))]
        return counts.between(first, last)

    def look_up(self, subject: Subject, first: int) -> Counts:
        """From slice `first` on, as the window has it."""
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

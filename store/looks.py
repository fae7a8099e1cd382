"""One statistic as it stands: in the last closed bucket, or in a window with the buckets under way."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Protocol

from store.distribution import Distribution
from store.slices import SLICES
from store.tally import Cell, Tally
from store.window import Entry, Window


class Look(Protocol):
    """What is known of keys; None stands for all keys together."""

    def each(self) -> Iterable[tuple[str, int]]:
        """Those kept apart, with their packed sums."""

    def sums(self, key: str | None) -> int:
        """Packed."""
        ...

    def times(self, key: str | None) -> Distribution:
        """How its times are distributed."""
        ...

    def trend(self, key: str | None) -> tuple[int, ...]:
        """Hits in the latest slices."""
        ...

    @property
    def width(self) -> int:
        """Buckets of a slice."""
        ...


class LastBucket:
    """The last closed bucket: `tally` is what came in it, if anything."""

    def __init__(self, window: Window, number: int, tally: Tally | None, last_closed: int | None) -> None:
        self._window = window
        self._number = number
        self._entries = tally.entries if tally else {}
        self._whole = tally.whole() if tally else Cell()
        self._last_closed = last_closed
        self.width = 1

    def each(self) -> Iterable[tuple[str, int]]:
        """Those kept apart, with their packed sums."""
        return ((key, cell.sums) for key, cell in self._entries.items())

    def sums(self, key: str | None) -> int:
        """Packed."""
        if key is None:
            sums = None if self._last_closed is None else self._window.buckets.get(self._last_closed)
            return sums[self._number] if sums else 0
        cell = self._entries.get(key)
        return cell.sums if cell else 0

    def times(self, key: str | None) -> Distribution:
        """How its times are distributed."""
        cell = self._whole if key is None else self._entries.get(key)
        return Distribution.of(cell.counts().items() if cell else ())

    def trend(self, key: str | None) -> tuple[int, ...]:
        """Hits in the last 12 buckets."""
        return _trend(self._window, _entry(self._window, self._number, key), self._last_closed, self.width)


class Sliding:
    """A window, at its place among the windows, with the `opened` tallies of the buckets under way."""

    def __init__(
        self, window: Window, number: int, place: int, opened: Sequence[Tally], last_closed: int | None
    ) -> None:
        self._window = window
        self._number = number
        self._place = place
        self._opened = opened
        self._last_closed = last_closed
        self.width = window.slices.width(window.lengths[place], last_closed or 0)

    def each(self) -> Iterable[tuple[str, int]]:
        """Those kept apart, with their packed sums."""
        sums = {key: entry.sums[self._place] for key, entry in self._window.entries[self._number].items()}
        for tally in self._opened:
            for key, cell in tally.entries.items():
                sums[key] = sums.get(key, 0) + cell.sums
        return sums.items()

    def sums(self, key: str | None) -> int:
        """Packed."""
        entry = self._entry(key)
        return (entry.sums[self._place] if entry else 0) + sum(cell.sums for cell in self._cells(key))

    def times(self, key: str | None) -> Distribution:
        """How its times are distributed."""
        entry = self._entry(key)
        closed = self._window.bins(entry, self._place) if entry else {}
        return Distribution.of(chain(closed.items(), *(cell.counts().items() for cell in self._cells(key))))

    def trend(self, key: str | None) -> tuple[int, ...]:
        """Hits in the slices of the window, of closed buckets."""
        return _trend(self._window, self._entry(key), self._last_closed, self.width)

    def _entry(self, key: str | None) -> Entry | None:
        return _entry(self._window, self._number, key)

    def _cells(self, key: str | None) -> list[Cell]:
        cells = (tally.whole() if key is None else tally.entries.get(key) for tally in self._opened)
        return [cell for cell in cells if cell]


def _entry(window: Window, number: int, key: str | None) -> Entry | None:
    return window.wholes[number] if key is None else window.entries[number].get(key)


def _trend(window: Window, entry: Entry | None, last_closed: int | None, width: int) -> tuple[int, ...]:
    """Hits of an entry in each of the latest slices of so many buckets."""
    if entry is None or last_closed is None:
        return (0,) * SLICES
    return window.slices.trend(entry.number, last_closed, width)

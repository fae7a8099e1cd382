"""Counts of each row of the window in the latest slices of each window."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SLICES: Final = 12
"""Number of slices in a trend."""
MIN_SLICES: Final = 4
"""Slices that must have begun for a trend to be shown."""


class Trends:
    """Counts by slice; a slice is a twelfth of a window, or one bucket. Lengths are in buckets."""

    def __init__(self, windows: Iterable[int], rows: int) -> None:
        self._widths = widths(windows)
        self._counts = {width: np.zeros((SLICES, rows), np.int64) for width in self._widths.values()}
        # The last slice of each width that has begun.
        self._latest = dict.fromkeys(self._counts, 0)

    def add(self, index: int, rows: NDArray[Any], counts: NDArray[Any]) -> None:
        """Add the counts of bucket `index`."""
        for width, slices in self._counts.items():
            number, latest = index // width, self._latest[width]
            for begun in range(max(latest, number - SLICES) + 1, number + 1):
                former = slices[begun % SLICES]
                # Only non-zero counts are written, so that memory no row has used yet stays untouched.
                former[np.flatnonzero(former)] = 0
            self._latest[width] = max(latest, number)
            if number > self._latest[width] - SLICES:
                slices[number % SLICES, rows] += counts

    def clear(self, rows: NDArray[Any]) -> None:
        """Forget the counts of these rows."""
        for slices in self._counts.values():
            slices[:, rows] = 0

    def width(self, window: int, first: int, now: int) -> int:
        """Return the length of the slices that show a trend in that window.

        It is the window's own, unless fewer than MIN_SLICES of those have begun since bucket `first`; then a shorter
        window's.
        """
        own = self._widths[window]
        shown = (width for width in self._counts if width <= own and now // width - first // width >= MIN_SLICES - 1)
        return max(shown, default=1)

    def of(self, row: int, now: int, width: int) -> tuple[int, ...]:
        """Return the counts of a row in the latest slices of that width, up to bucket `now`, oldest first."""
        last, latest = now // width, self._latest[width]
        known = range(max(last, latest) - SLICES + 1, latest + 1)
        counts = self._counts[width][:, row].tolist()
        return tuple(counts[number % SLICES] if number in known else 0 for number in range(last - SLICES + 1, last + 1))


def widths(windows: Iterable[int]) -> dict[int, int]:
    """Return the slice length of each window, starting with the last bucket; each is a multiple of the one before."""
    found, width = {1: 1}, 1
    for window in sorted(windows):
        width = found[window] = -(-window // (SLICES * width)) * width
    return found

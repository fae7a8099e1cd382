"""How often each row of the window came in the latest slices of each window."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SLICES: Final = 12
"""Of a window."""
FEW: Final = 4
"""Slices of a window that must have begun for a trend to be one."""


class Trends:
    """Counts by slice, of slices as long as a twelfth of each window, and as a bucket. Lengths are in buckets."""

    def __init__(self, windows: Iterable[int], rows: int) -> None:
        self._widths = widths(windows)
        self._counts = {width: np.zeros((SLICES, rows), np.int64) for width in self._widths.values()}
        self._latest = dict.fromkeys(self._counts, 0)  # the last slice of each width that has begun

    def add(self, index: int, rows: NDArray[Any], counts: NDArray[Any]) -> None:
        """What came in bucket `index`."""
        for width, slices in self._counts.items():
            number, latest = index // width, self._latest[width]
            for begun in range(max(latest, number - SLICES) + 1, number + 1):
                former = slices[begun % SLICES]
                former[np.flatnonzero(former)] = 0  # memory that no row has needed yet is left alone
            self._latest[width] = max(latest, number)
            if number > self._latest[width] - SLICES:
                slices[number % SLICES, rows] += counts

    def clear(self, rows: NDArray[Any]) -> None:
        """Forget what came in these rows."""
        for slices in self._counts.values():
            slices[:, rows] = 0

    def width(self, window: int, first: int, now: int) -> int:
        """Of the slices that show a trend in that window: its own, or as long as those are too FEW since bucket
        `first`, those of a shorter one.
        """
        own = self._widths[window]
        shown = (width for width in self._counts if width <= own and now // width - first // width >= FEW - 1)
        return max(shown, default=1)

    def of(self, row: int, now: int, width: int) -> tuple[int, ...]:
        """Counts of a row in the latest slices of that width, up to bucket `now`, oldest first."""
        last, latest = now // width, self._latest[width]
        known = range(max(last, latest) - SLICES + 1, latest + 1)
        counts = self._counts[width][:, row].tolist()
        return tuple(counts[number % SLICES] if number in known else 0 for number in range(last - SLICES + 1, last + 1))


def widths(windows: Iterable[int]) -> dict[int, int]:
    """The length of the slices of each window, the last bucket first; each as long as some of the window before."""
    found, width = {1: 1}, 1
    for window in sorted(windows):
        width = found[window] = -(-window // (SLICES * width)) * width
    return found

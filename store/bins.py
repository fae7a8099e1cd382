"""Sparse histograms for many rows at once: each row hits only a few of the bins there are."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from store.distribution import Distribution

BINS: Final = 1024
"""More than the number of bins in a `Distribution`, so that row x BINS + bin is a unique code."""
MAX_PENDING: Final = 131_072
"""Pending codes that trigger a sort, unless a quarter of the sorted ones is more."""

NO_CODE: Final = -1

Codes = NDArray[np.int64]
Hits = NDArray[np.int64]


def summed(codes: NDArray[Any], hits: NDArray[Any] | None = None) -> tuple[Codes, Hits]:
    """Return each code once, in ascending order, with its hits summed. Without `hits`, each code counts once."""
    if hits is None:
        codes = np.sort(codes)
        starts = starts_of(codes)
        return codes[starts], np.diff(np.append(starts, len(codes)))
    order = np.argsort(codes)
    starts = starts_of(codes := codes[order])
    return codes[starts], np.add.reduceat(hits[order], starts) if len(codes) else hits


def starts_of(numbers: NDArray[Any]) -> NDArray[np.intp]:
    """Return the positions in a sorted array where a new value begins."""
    return np.flatnonzero(np.concatenate((numbers[:1] == numbers[:1], numbers[1:] != numbers[:-1])))


class Bins:
    """Codes with their hits. Negative hits take earlier ones away again."""

    def __init__(self) -> None:
        self._codes: Codes = np.zeros(0, np.int64)
        self._hits: Hits = np.zeros(0, np.int64)
        self._pending: list[tuple[Codes, Hits]] = []
        # Codes in `_pending`.
        self._pending_codes = 0

    def __len__(self) -> int:
        return len(self._codes) + self._pending_codes

    def add(self, codes: Codes, hits: Hits) -> None:
        """Add codes in any order; a code may occur twice."""
        if len(codes):
            self._pending.append((codes, hits))
            self._pending_codes += len(codes)
            if self._pending_codes > max(MAX_PENDING, len(self._codes) // 4):
                self._merge_pending()

    def all(self) -> tuple[Codes, Hits]:
        """Return the codes in ascending order, and their hits."""
        if self._pending:
            self._merge_pending()
        return self._codes, self._hits

    def of(self, row: int) -> Distribution:
        """Return the distribution of one row."""
        codes, hits = self.all()
        begin, end = np.searchsorted(codes, (row * BINS, (row + 1) * BINS)).tolist()
        return Distribution.counted(codes[begin:end] - row * BINS, hits[begin:end])

    def pop(self, rows: NDArray[np.bool_]) -> tuple[Codes, Hits]:
        """Remove the marked rows and return their codes and hits."""
        codes, hits = self.all()
        gone = rows[codes // BINS]
        if gone.any():
            self._codes, self._hits = codes[~gone], hits[~gone]
        return codes[gone], hits[gone]

    def _merge_pending(self) -> None:
        codes, hits = summed(*(np.concatenate(parts) for parts in zip(*self._pending, strict=True)))
        self._pending, self._pending_codes = [], 0
        places = np.searchsorted(self._codes, codes)
        known = np.append(self._codes, NO_CODE)[places] == codes
        self._hits[places[known]] += hits[known]
        self._codes = np.insert(self._codes, places[~known], codes[~known])
        self._hits = np.insert(self._hits, places[~known], hits[~known])
        if not self._hits.all():
            kept = self._hits != 0
            self._codes, self._hits = self._codes[kept], self._hits[kept]

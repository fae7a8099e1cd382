"""Sets of sequence numbers as ranges: sensors number their records without gaps, so few are needed. Pure.

A set is an array with a row (first, last) for each range, in order and apart from each other. It is never changed.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ranges = NDArray[np.int64]

NONE: Final[Ranges] = np.zeros((0, 2), np.int64)
"""The empty set."""
MAX_RANGES: Final = 1000
"""Maximum ranges of a set. Beyond that the earliest gaps are closed: what lies in them counts as known."""


def known(ranges: Ranges, sequences: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of the sequences are in the set."""
    if not len(ranges):
        return np.zeros(len(sequences), np.bool_)
    places = np.searchsorted(ranges[:, 0], sequences, "right") - 1
    found: NDArray[np.bool_] = (places >= 0) & (sequences <= ranges[places, 1])
    return found


def added(ranges: Ranges, sequences: NDArray[np.int64]) -> Ranges:
    """Return the set with these sequences too, which may be in it already."""
    if not len(sequences):
        return ranges
    every = np.concatenate((ranges, np.column_stack((sequences, sequences))))
    every = every[np.argsort(every[:, 0])]
    lasts = np.maximum.accumulate(every[:, 1])
    begins = np.flatnonzero(np.append(True, every[1:, 0] > lasts[:-1] + 1))
    merged = np.column_stack((every[begins, 0], lasts[np.append(begins[1:] - 1, -1)]))
    if len(merged) > MAX_RANGES:
        surplus = len(merged) - MAX_RANGES
        merged[surplus, 0] = merged[0, 0]
        merged = merged[surplus:]
    return merged

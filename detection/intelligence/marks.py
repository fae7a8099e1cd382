"""Tells for most hashes that they are not among many others, at the cost of one look into an array. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_PLACES: Final = 8
"""Marks for each hash, at least: one of eight hashes that are not there, or fewer, may seem to be."""


class Marks:
    """A mark at the last bits of each hash."""

    def __init__(self, hashes: NDArray[np.int64]) -> None:
        self._marks = np.zeros(1 << (_PLACES * len(hashes)).bit_length(), np.bool_)
        self._last = len(self._marks) - 1
        self._marks[hashes & self._last] = True

    def may_have(self, hashes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for each hash whether it may be there; if not, it is certainly not."""
        return np.asarray(self._marks[hashes & self._last])

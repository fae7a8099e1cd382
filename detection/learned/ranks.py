"""The evidence that labels give for the bins of a category, as a byte for each bin. Pure.

A bin is judged by the clients or hosts that used it, not by their requests: a scanner that sends the same field ten
thousand times is still one witness, and what only one of them used says nothing about others.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.learned.examples import Examples
from detection.learned.model import BINS, NEUTRAL

CAUTION: Final = 4.0
"""Witnesses without an opinion that are added to those of each bin."""
LEAST_WITNESSES: Final = 2
STEP: Final = 31.0
"""Ranks for a factor of e in the odds: a factor of 50 reaches the last one."""


def ranks(examples: Examples, column: int) -> NDArray[np.uint8]:
    """Return the rank of each bin of a column: above NEUTRAL if it speaks for bad."""
    codes = examples.codes[:, column].astype(np.int64)
    bad = _witnesses(codes[examples.bad], examples.groups[examples.bad])
    good = _witnesses(codes[~examples.bad], examples.groups[~examples.bad])
    share = examples.groups_with(bad=True) / (examples.groups_with(bad=True) + examples.groups_with(bad=False))
    odds = (bad + CAUTION * share) / (good + CAUTION * (1 - share))
    evidence = np.log(odds * (1 - share) / share)
    evidence[bad + good < LEAST_WITNESSES] = 0.0
    return np.clip(np.rint(NEUTRAL + STEP * evidence), 0, BINS - 1).astype(np.uint8)


def _witnesses(codes: NDArray[np.int64], groups: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how many groups used each bin."""
    pairs = np.unique(groups.astype(np.int64) * BINS + codes)
    return np.bincount(pairs % BINS, minlength=BINS).astype(np.float64)

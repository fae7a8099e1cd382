"""How right scores are: precision, recall, false alarms, and the threshold for a wanted share of those. Pure."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Marks = NDArray[np.bool_]
SURE: Final = 3.0
"""The rule of three: what was never seen in n cases happens, with a certainty of 95 %, in less than 3/n of them."""


class Spread(NamedTuple):
    """The mean of several parts, and how far they are apart."""

    mean: float
    deviation: float
    """Standard deviation; 0 of a single part."""
    parts: int

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return float(self.deviation / np.sqrt(max(1, self.parts)))

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Return that of these values; NaN if there are none."""
        if not values:
            return cls(float("nan"), 0.0, 0)
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        return cls(float(np.mean(values)), deviation, len(values))


class Hits(NamedTuple):
    """What a threshold finds."""

    found: int
    """Bad ones above it."""
    bad: int
    false: int
    """Good ones above it."""
    good: int

    @property
    def precision(self) -> float:
        """Share of bad ones in what is above the threshold; NaN if there is nothing."""
        return self.found / (self.found + self.false) if self.found + self.false else float("nan")

    @property
    def recall(self) -> float:
        """Share of the bad ones that are above it."""
        return self.found / self.bad if self.bad else float("nan")

    @property
    def false_alarms(self) -> float:
        """Share of the good ones that are above it."""
        return self.false / self.good if self.good else float("nan")


def hits(scores: Scores, bad: Marks, threshold: float) -> Hits:
    """Count what is above a threshold."""
    above = scores >= threshold
    return Hits(int((above & bad).sum()), int(bad.sum()), int((above & ~bad).sum()), int((~bad).sum()))


def threshold_for(scores: Scores, bad: Marks, share: float) -> float:
    """Return the threshold that finds most bad ones, if no larger `share` of the good ones may be above it.

    It is in the middle between two scores, so that a rounding error decides nothing.
    """
    good = np.sort(scores[~bad])[::-1]
    allowed = int(share * len(good))
    limit = float(good[allowed]) if allowed < len(good) else -1.0
    found = scores[bad & (scores > limit)]
    if not len(found):
        return float(np.nextafter(good[0], 2.0))
    lowest = float(found.min())  # lower than that, only good ones would be found
    below = scores[scores < lowest]
    return float((lowest + below.max()) / 2) if len(below) else lowest


def area(scores: Scores, bad: Marks) -> float:
    """Return how often a bad one has a higher score than a good one: 0.5 by chance (the area under the ROC curve)."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place.ravel()]
    positive, negative = int(bad.sum()), int((~bad).sum())
    return float((rank[bad].sum() - positive * (positive + 1) / 2) / (positive * negative))

"""A model of plain numbers that scores requests by their features. Pure; NumPy is all it needs.

Each feature is a byte: an amount, or one of 256 bins of a category. A rank takes its place: an amount is its own, and a
bin has the evidence that the labels gave for it. A form, linear or trees, turns the ranks of a request into a sum, and
the logistic function turns that into a score from 0 (good) to 1 (bad).
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
"""Features of requests: a row for each, a column for each feature."""
BINS: Final = 256
NEUTRAL: Final = 128
"""Rank of a bin of which the labels say nothing."""
_ROWS: Final = 512
"""Requests at a time, so that what is known of all nodes of all trees stays in the processor's cache."""


class Form(Protocol):
    """What turns ranks into a sum."""

    def sums(self, ranks: Codes) -> NDArray[np.float64]:
        """Return the sum of each row: above 0 it is rather bad."""


@dataclass(frozen=True)
class Linear:
    """A weight for each feature."""

    bias: float
    weights: NDArray[np.float64]

    def sums(self, ranks: Codes) -> NDArray[np.float64]:
        """See `Form`."""
        return np.asarray(ranks @ self.weights + self.bias, np.float64)


@dataclass(frozen=True)
class Trees:
    """Decision trees of one depth, which are added up.

    The nodes of a tree are numbered from its root on, row by row: the children of node `n` are `2 n + 1`, taken if the
    rank is at most the threshold, and `2 n + 2`.
    """

    bias: float
    columns: NDArray[np.intp]
    """The feature that each node compares: a row for each tree."""
    thresholds: NDArray[np.uint8]
    values: NDArray[np.float64]
    """What each leaf adds: a row for each tree."""

    @property
    def depth(self) -> int:
        """Comparisons from the root to a leaf."""
        return int(self.values.shape[1]).bit_length() - 1

    def sums(self, ranks: Codes) -> NDArray[np.float64]:
        """See `Form`. All nodes are compared, which is faster than to follow each request through each tree."""
        parts = [self._sums(np.ascontiguousarray(ranks[first : first + _ROWS].T)) for first in _starts(len(ranks))]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _sums(self, ranks: Codes) -> NDArray[np.float64]:
        """Return the sums of a few requests; a row of `ranks` is a feature."""
        trees, nodes = self.columns.shape
        is_left = ranks[self.columns.ravel()] <= self.thresholds.reshape(-1, 1)
        masks = -is_left.view(np.uint8).reshape(trees, nodes, -1)  # 255 where the left child is taken
        leaves = np.zeros((trees, nodes + 1, ranks.shape[1]), np.uint8)
        for level in reversed(range(self.depth)):
            first, width = 2**level - 1, np.uint8(2 ** (self.depth - 1 - level))
            left, right = leaves[:, 0::2], leaves[:, 1::2] + width
            leaves = right + ((left - right) & masks[:, first : first + 2**level])
        places = leaves[:, 0] + (nodes + 1) * np.arange(trees).reshape(-1, 1)
        return np.asarray(self.values.ravel()[places].sum(axis=0) + self.bias, np.float64)


@dataclass(frozen=True)
class Model:
    """What was learned."""

    features: tuple[str, ...]
    """Names of the features, in the order of the columns."""
    ranks: dict[int, NDArray[np.uint8]]
    """For the column of each category, the rank of each of its bins."""
    usual: NDArray[np.uint8]
    """The rank of each feature that is most frequent among good requests."""
    form: Linear | Trees
    threshold: float
    """Score from which on a request is bad."""
    good: int
    bad: int
    """Exchanges that it was learned from."""

    def ranked(self, codes: Codes) -> Codes:
        """Return the ranks of features."""
        ranks: Codes = codes.copy()
        for column, of_bins in self.ranks.items():
            ranks[:, column] = of_bins[codes[:, column]]
        return ranks

    def scores(self, codes: Codes) -> NDArray[np.float64]:
        """Return the score of each request, from 0 (good) to 1 (bad)."""
        return logistic(self.form.sums(self.ranked(codes)))

    def shares(self, ranks: Codes) -> NDArray[np.float64]:
        """Return what each feature of each request adds to its sum, compared with a request in which that feature is as
        usual. For a few requests: it takes as many sums as there are features.
        """
        count, columns = ranks.shape
        usual = np.repeat(ranks, columns, axis=0)
        place = np.arange(columns)
        usual.reshape(count, columns, columns)[:, place, place] = self.usual
        return np.asarray(self.form.sums(ranks).reshape(-1, 1) - self.form.sums(usual).reshape(count, columns))


def logistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-x)), without an overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * sums)))


def _starts(rows: int) -> range:
    return range(0, rows, _ROWS)

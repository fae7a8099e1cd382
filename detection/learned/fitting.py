"""Fits the forms of a model with scikit-learn, which nothing else imports, and takes their plain numbers out.

What leaves here is only a model of ours: figures are measured with that, never with scikit-learn's own. The same
examples give the same numbers: every seed is fixed, and one thread adds up.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from detection.learned.examples import Examples
from detection.learned.model import Codes, Linear, Model, Trees
from detection.learned.ranks import ranks
from detection.unseen.features import CATEGORY, Feature

LINEAR: Final = "linear"
TREES: Final = "trees"
DEPTH: Final = 3
"""Questions that a tree asks: conditions on up to three features at a time."""
COUNT: Final = 100
"""Trees: with them, a request takes about half a microsecond."""
_FREEDOM: Final = 0.1
"""Of weights (C): with a hundred features and a few hundred examples, more would learn them by heart."""
_RATE: Final = 0.1
_LEAST_LEAF: Final = 5
"""Examples in a leaf."""
_ROUNDS: Final = 5000
_SEED: Final = 0
_CLOSE: Final = 1e-6
"""Difference of sums that rounding explains."""


class ForeignTreesError(Exception):
    """The installed version of scikit-learn keeps its trees in another way than is known."""


def fitted(name: str, examples: Examples, features: Sequence[Feature]) -> Model:
    """Return a model of the form LINEAR or TREES, whose threshold is still to be chosen.

    Raises:
        ForeignTreesError: the trees cannot be taken out.
    """
    of_categories = {column: ranks(examples, column) for column, each in enumerate(features) if each.kind == CATEGORY}
    good, bad = int((~examples.bad).sum()), int(examples.bad.sum())
    names, unset = tuple(each.name for each in features), np.zeros(len(features), np.uint8)
    draft = Model(names, of_categories, unset, Linear(0.0, np.zeros(len(features))), 1.0, good, bad)
    ranked = draft.ranked(examples.codes)
    with threadpool_limits(1):
        form = _FITS[name](ranked, examples.bad)
    usual = np.array([np.bincount(column).argmax() for column in ranked[~examples.bad].T], np.uint8)
    return Model(names, of_categories, usual, form, 1.0, good, bad)


def _linear(ranked: Codes, bad: NDArray[np.bool_]) -> Linear:
    """Fit logistic regression on ranks of mean 0 and deviation 1, and take that scaling into the weights."""
    mean, deviation = ranked.mean(axis=0), ranked.std(axis=0)
    deviation[deviation == 0] = 1.0
    regression = LogisticRegression(C=_FREEDOM, class_weight="balanced", max_iter=_ROUNDS, random_state=_SEED)
    regression.fit((ranked - mean) / deviation, bad)
    weights = regression.coef_[0] / deviation
    return Linear(float(regression.intercept_[0] - weights @ mean), weights)


def _trees(ranked: Codes, bad: NDArray[np.bool_]) -> Trees:
    """Fit gradient boosting over histograms."""
    boosting = HistGradientBoostingClassifier(
        max_depth=DEPTH, max_leaf_nodes=2**DEPTH, max_iter=COUNT, learning_rate=_RATE, min_samples_leaf=_LEAST_LEAF,
        l2_regularization=1.0, early_stopping=False, class_weight="balanced", random_state=_SEED,
    )  # fmt: skip
    boosting.fit(ranked.astype(np.float64), bad)
    trees = exported(boosting)
    sums = np.asarray(boosting.decision_function(ranked.astype(np.float64)), np.float64)
    if not np.allclose(trees.sums(ranked), sums, rtol=0, atol=_CLOSE):
        raise ForeignTreesError("this version of scikit-learn keeps its trees in another way than is known")
    return trees


_FITS: Final[dict[str, Callable[[Codes, NDArray[np.bool_]], Linear | Trees]]] = {LINEAR: _linear, TREES: _trees}
FORMS: Final = tuple(_FITS)
"""All forms, simplest first."""


def exported(boosting: Any) -> Trees:
    """Return the trees of scikit-learn's gradient boosting, filled up to their full depth.

    Raises:
        ForeignTreesError: they are kept in another way than is known.
    """
    try:
        nodes = [predictors[0].nodes for predictors in boosting._predictors]
        grown = [_grown(each) for each in nodes]
        bias = float(np.ravel(boosting._baseline_prediction)[0])
    except (AttributeError, KeyError, IndexError, ValueError) as error:
        raise ForeignTreesError(f"this version of scikit-learn keeps its trees in another way: {error}") from error
    columns, thresholds, values = (np.array(part) for part in zip(*grown, strict=True))
    return Trees(bias, columns.astype(np.intp), thresholds.astype(np.uint8), values.astype(np.float64))


def _grown(nodes: Any) -> tuple[list[int], list[int], list[float]]:
    """Return columns, thresholds and the values of the leaves of a full tree. Below a leaf, all leaves are equal."""
    places, columns, thresholds = [0], [], []
    for _ in range(DEPTH):
        below = []
        for place in places:
            node = nodes[place]
            is_leaf = bool(node["is_leaf"])
            columns.append(0 if is_leaf else int(node["feature_idx"]))
            thresholds.append(0 if is_leaf else int(np.floor(node["num_threshold"])))  # ranks are whole numbers
            below += [place, place] if is_leaf else [int(node["left"]), int(node["right"])]
        places = below
    return columns, thresholds, [float(nodes[place]["value"]) for place in places]

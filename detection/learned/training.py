"""Learns a model from examples: tests each form on clients that it never saw, chooses one and its threshold."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from detection.learned.examples import FOLDS, Examples, NotLearnableError
from detection.learned.figures import Hits, Scores, Spread, area, hits, threshold_for
from detection.learned.fitting import FORMS, fitted
from detection.learned.model import Model
from detection.unseen.features import Feature

SEED: Final = 20
CHANCE: Final = 0.5
"""Area under the ROC curve of a model that guesses."""
QUANTILE: Final = 2.78
"""Of Student's distribution for the mean of five parts, 97.5 %."""
_WEIGHED: Final = 2000
"""Bad examples that tell how much each feature matters."""


class Tested(NamedTuple):
    """A form, as it did on what it had not learned from."""

    form: str
    hits: Hits
    """Over all parts."""
    precision: Spread
    recall: Spread
    area: Spread
    threshold: float


class Weight(NamedTuple):
    """How much a feature matters."""

    column: int
    share: float
    """Its part in what makes bad examples bad."""
    direction: int
    """1 if more than usual makes them so, -1 if less, 0 if both."""


class Learned(NamedTuple):
    """What came of it."""

    model: Model
    tested: tuple[Tested, ...]
    chosen: Tested
    weights: tuple[Weight, ...]
    """Those of the features that matter, highest first."""


def learn(
    examples: Examples,
    features: Sequence[Feature],
    false_alarms: float,
    told: Callable[[str], object] = str,
) -> Learned:
    """Return the best model. Its threshold lets at most a share of `false_alarms` of the good examples through. `told`
    is called with each form that is about to be tested.

    Raises:
        NotLearnableError: no form is better than chance, or finds anything with so few false alarms.
        ForeignTreesError: see `fitting`.
    """
    parts = list(_parts(examples))
    tested = []
    for form in FORMS:
        told(form)
        tested.append(_tested(form, examples, features, parts, false_alarms))
    chosen = _chosen(tested)
    _check(chosen, false_alarms)
    model = replace(fitted(chosen.form, examples, features), threshold=chosen.threshold)
    return Learned(model, tuple(tested), chosen, weights_of(model, examples))


def _parts(examples: Examples) -> Sequence[NDArray[np.intp]]:
    """Return the rows of each part; no group is in two of them."""
    split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    return [held for _, held in split.split(examples.codes, examples.bad, examples.groups)]


def _tested(
    form: str, examples: Examples, features: Sequence[Feature], parts: Sequence[NDArray[np.intp]], false_alarms: float
) -> Tested:
    """Score each part with a model that learned from the others."""
    scores = np.zeros(len(examples))
    for held in parts:
        others = np.setdiff1d(np.arange(len(examples)), held)
        scores[held] = fitted(form, examples.some(others), features).scores(examples.codes[held])
    threshold = threshold_for(scores, examples.bad, false_alarms)
    by_part = [hits(scores[held], examples.bad[held], threshold) for held in parts]
    return Tested(
        form,
        hits(scores, examples.bad, threshold),
        Spread.of([each.precision for each in by_part if each.found + each.false]),
        Spread.of([each.recall for each in by_part if each.bad]),
        Spread.of(list(_areas(scores, examples, parts))),
        threshold,
    )


def _areas(scores: Scores, examples: Examples, parts: Sequence[NDArray[np.intp]]) -> list[float]:
    both = [held for held in parts if examples.bad[held].any() and not examples.bad[held].all()]
    return [area(scores[held], examples.bad[held]) for held in both]


def _chosen(tested: Sequence[Tested]) -> Tested:
    """Choose the simplest form that is not clearly worse than the best: by less than its standard error."""
    best = best_of(tested)
    least = best.recall.mean - best.recall.error
    return next((each for each in tested if each.hits.found and each.recall.mean >= least), best)


def best_of(tested: Sequence[Tested]) -> Tested:
    """Return the form that finds most, or if they find the same, that orders best."""
    return max(tested, key=lambda each: (each.recall.mean, each.area.mean))


def _check(chosen: Tested, false_alarms: float) -> None:
    if not chosen.area.mean - QUANTILE * chosen.area.error > CHANCE:
        raise NotLearnableError(
            f"no better than chance: a bad exchange scores higher than a good one in {100 * chosen.area.mean:.0f} % of "
            f"cases (± {100 * chosen.area.deviation:.0f}); the features do not tell them apart, or labels are wrong"
        )
    if not chosen.hits.found:
        raise NotLearnableError(
            f"with at most {100 * false_alarms:g} % false alarms, no bad exchange is found; allow more with "
            "--false-alarms, or label more"
        )


def weights_of(model: Model, examples: Examples) -> tuple[Weight, ...]:
    """Return how much each feature adds to the sums of bad examples, as shares of all that is added."""
    bad = np.flatnonzero(examples.bad)
    ranks = model.ranked(examples.codes[bad[:: max(1, len(bad) // _WEIGHED)]])
    parts = np.maximum(model.shares(ranks), 0.0)
    added = parts.sum(axis=0)
    more = (parts * np.sign(ranks.astype(np.int64) - model.usual)).sum(axis=0)
    order = np.argsort(-added, kind="stable")
    total = float(added.sum()) or 1.0
    return tuple(
        Weight(int(column), float(added[column] / total), int(np.sign(more[column])))
        for column in order
        if added[column] > 0
    )

"""Labelled exchanges as arrays, in groups of which none may be both learned from and tested on. Pure.

Requests of one client are much alike, and a model that has seen some of them knows the others. So whole clients, or
hosts, are held out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.learned.labels import Labelled
from detection.learned.model import Codes

CLIENT: Final = "client"
HOST: Final = "host"
FOLDS: Final = 5
"""Parts of the examples, each of which is tested with a model that learned from the others."""
LEAST: Final = 30
"""Examples of each label: with fewer, a model that finds all of them may still miss one in ten (the rule of three)."""
LEAST_GROUPS: Final = FOLDS
"""Groups with each label: one for each part."""


class NotLearnableError(Exception):
    """Nothing can be learned from the labels. The text is one line for the user."""


@dataclass(frozen=True)
class Examples:
    """What is learned from: a row for each exchange."""

    codes: Codes
    bad: NDArray[np.bool_]
    groups: NDArray[np.intp]
    """Number of the client or host."""
    by: str
    """CLIENT or HOST."""

    def __len__(self) -> int:
        return len(self.bad)

    def some(self, rows: NDArray[np.intp]) -> "Examples":
        """Return these rows."""
        return Examples(self.codes[rows], self.bad[rows], self.groups[rows], self.by)

    def groups_with(self, bad: bool) -> int:
        """Return how many groups have a label."""
        return len(np.unique(self.groups[self.bad == bad]))

    @property
    def undecided(self) -> int:
        """Examples that look the same to a model as others with the other label."""
        _, same = np.unique(self.codes, axis=0, return_inverse=True)
        same = same.ravel()
        both = np.bincount(same, self.bad) * np.bincount(same, ~self.bad) > 0
        return int(both[same].sum())


def grouped(codes: Codes, labelled: Sequence[Labelled], by: str = "") -> Examples:
    """Return the examples, grouped by clients, or hosts if `by` says so, or if it says nothing and there are too few
    clients.

    Raises:
        NotLearnableError: there are too few examples, or too few groups of one label.
    """
    bad = np.array([each.is_bad for each in labelled], np.bool_)
    _check(int((~bad).sum()), int(bad.sum()))
    found = [_examples(codes, bad, labelled, each) for each in ((by,) if by else (CLIENT, HOST))]
    for examples in found:
        if min(examples.groups_with(bad=False), examples.groups_with(bad=True)) >= LEAST_GROUPS:
            return examples
    named = " and ".join(f"{each.groups_with(bad=False)} and {each.groups_with(bad=True)} {each.by}s" for each in found)
    raise NotLearnableError(
        f"good and bad examples come from {named}; label some of at least {LEAST_GROUPS} clients or hosts each, "
        "because a model is tested on those that it never saw"
    )


def _check(good: int, bad: int) -> None:
    needed = f"at least {LEAST} good and {LEAST} bad ones are needed"
    if not good + bad:
        raise NotLearnableError(f"there are no labels; {needed}")
    if not good or not bad:
        only = "good" if good else "bad"
        raise NotLearnableError(f"all {good + bad:,} labels are {only}; {needed}, to tell them apart")
    if min(good, bad) < LEAST:
        raise NotLearnableError(
            f"{good:,} good and {bad:,} bad labels are too few; {needed}, because with fewer nobody can say how often "
            "the model is wrong"
        )


def _examples(codes: Codes, bad: NDArray[np.bool_], labelled: Sequence[Labelled], by: str) -> Examples:
    names = [each.exchange.client if by == CLIENT else each.exchange.domain for each in labelled]
    _, groups = np.unique(names, return_inverse=True)
    return Examples(codes, bad, groups.astype(np.intp), by)

"""How strange requests are for their hosts, and why. Pure.

A request is as strange as its features are surprising, in bits: how seldom their amounts are reached by requests of
this host, together with those of all, and how seldom this host gets anything new of a category. Small surprises do not
count, so many of them make no large one. A host that is not known yet gets what `detection.unseen.anywhere` says.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detection.unseen.anywhere import Anywhere
from detection.unseen.features import FEATURES
from detection.unseen.hosts import BINS, MEMORY, Hosts
from detection.unseen.usual import AMOUNTS, CATEGORIES, IS_ORDINARY, LEVELS, Usual, levels_of

KNOWN: Final = 20
"""Requests after which a host is known. Before, only what is strange anywhere is found."""
STRANGE: Final = 9.0
"""Bits from which a request to a known host is strange."""
MARGIN: Final = 1.5
"""Factor above the strangest request that a host usually gets."""
EXPECTED: Final = 4.5
"""Bits of an amount that do not count: a request has so many amounts that a few of them are always unusual."""
NEWS: Final = 8.5
"""Bits that ordinary amounts and new values of categories count for at most: what is merely new or large is not
strange.
"""
ALL_NEW: Final = 18.0
"""Bits of new values from which they count again: a request of which everything is new is strange."""
PRIOR: Final = 6.0
"""Requests that those of all hosts count for beside the host's own."""
ORDINARY_WEIGHT: Final = 0.5
"""Weight of amounts that any request has more or less of."""
GROUPS: Final = (
    (0.5, ("version", "header_set", "header_order", "user_agent")),
    (2.0, ("path_form", "first_segment", "extension")),
    (2.0, ("parameter_names", "parameter_forms")),
    (2.0, ("method", "body_names", "content_type")),
)
"""Categories that change together, of which the most surprising one counts, and the weight of each group. Clients
differ more than what they ask for.
"""

_PLACES: Final = {feature.name: place for place, feature in enumerate(FEATURES)}
_GROUPS: Final = tuple((weight, np.array([_PLACES[name] for name in names])) for weight, names in GROUPS)
_WEIGHTS: Final = np.where(IS_ORDINARY, ORDINARY_WEIGHT, 1).astype(np.float32)
_STARTS: Final = np.arange(len(AMOUNTS)) * LEVELS
_ALL_CATEGORIES: Final = np.arange(CATEGORIES)


class Judged(NamedTuple):
    """What a model says of requests: one value or row for each."""

    scores: NDArray[np.float64]
    """How strange they are, in bits."""
    limits: NDArray[np.float64]
    """From which score on a request to their hosts is strange."""
    surprises: NDArray[np.float32]
    """What each feature adds, in bits; of a group of categories, only the largest counts."""


class Model:
    """What is usual, anywhere and at each host. It is the same after the same requests in the same pieces."""

    def __init__(self, usual: Usual, anywhere: Anywhere, most_hosts: int) -> None:
        self._anywhere = anywhere
        self.hosts = Hosts(most_hosts)
        self._chances = usual.chances * np.float32(PRIOR)

    def judge(self, places: NDArray[np.intp], features: NDArray[np.uint8]) -> Judged:
        """Judge requests, a row of features each, to the hosts at these places."""
        requests = self.hosts.requests[places].astype(np.float32)
        surprises = np.empty((len(features), len(FEATURES)), np.float32)
        self._surprise_of_amounts(places, requests, features, surprises[:, CATEGORIES:])
        self._surprise_of_categories(places, requests, features, surprises[:, :CATEGORIES])
        amounts = surprises[:, CATEGORIES:]
        news = amounts[:, IS_ORDINARY].sum(axis=1, dtype=np.float64)
        for weight, group in _GROUPS:
            news += weight * surprises[:, group].max(axis=1)
        scores = (
            amounts[:, ~IS_ORDINARY].sum(axis=1, dtype=np.float64)
            + np.minimum(news, NEWS)
            + np.maximum(news - ALL_NEW, 0)
        )
        limits = np.maximum(STRANGE, MARGIN * self.hosts.strangest[places])
        unknown = np.flatnonzero(requests < KNOWN)
        if len(unknown):
            amounts[unknown] = found = self._anywhere.surprises(levels_of(features[unknown]))
            surprises[unknown, :CATEGORIES] = 0
            scores[unknown], limits[unknown] = found.sum(axis=1, dtype=np.float64), self._anywhere.limit
        return Judged(scores, limits, surprises)

    def learn(self, places: NDArray[np.intp], features: NDArray[np.uint8], scores: NDArray[np.float64]) -> None:
        """Take requests for usual. The scores of hosts that are not known yet do not raise their limits."""
        known = np.where(self.hosts.requests[places] >= KNOWN, scores, 0)
        self.hosts.learn(places, features[:, :CATEGORIES], levels_of(features), known)

    def usually(self, place: int, feature: int) -> int:
        """Return the most of an amount that requests of a host usually reach: the end of the highest level in use."""
        (used,) = np.flatnonzero(self.hosts.reached[place, feature - CATEGORIES])[-1:].tolist() or (0,)
        return int(used) if used < 4 else 2 ** (int(used) - 1) - 1

    def _surprise_of_amounts(
        self,
        places: NDArray[np.intp],
        requests: NDArray[np.float32],
        features: NDArray[np.uint8],
        out: NDArray[np.float32],
    ) -> None:
        cells = levels_of(features) + _STARTS
        reached = self._chances.take(cells)
        reached += self.hosts.reached.take(cells + (places * _STARTS.size * LEVELS)[:, None])
        most = np.log2(requests + np.float32(PRIOR)) - np.float32(EXPECTED)
        np.subtract(most[:, None], np.log2(reached, out=reached), out=out)
        np.maximum(out, 0, out=out)
        out *= _WEIGHTS

    def _surprise_of_categories(
        self,
        places: NDArray[np.intp],
        requests: NDArray[np.float32],
        features: NDArray[np.uint8],
        out: NDArray[np.float32],
    ) -> None:
        """Find how seldom a host gets something new: as seldom as what it got so far was new (Good and Turing)."""
        cells = features[:, :CATEGORIES] + (places[:, None] * CATEGORIES + _ALL_CATEGORIES) * BINS
        is_new = self.hosts.seen.take(cells) == 0
        news = (requests[:, None] + 1) / (self.hosts.distinct[places] + 1)
        np.multiply(np.log2(news), is_new, out=out)


def pieces(places: NDArray[np.intp], requests: NDArray[np.int64]) -> Sequence[NDArray[np.intp]]:
    """Return the rows in pieces to be judged and learned one after the other. A piece has as many requests to a host as
    are known, `KNOWN` more at most, and no more than `MEMORY`: so requests that come all at once are not all judged by
    nothing.
    """
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(places[order]) != 0])
    ranks = np.empty(len(places), np.int64)
    ranks[order] = np.arange(len(places)) - np.repeat(starts, np.diff(np.r_[starts, len(places)]))
    first = np.clip(requests[places], KNOWN, MEMORY)
    doublings = np.ceil(np.log2((np.minimum(ranks, MEMORY) + 1 + first) / first)).astype(np.int64)
    piece = doublings + np.maximum(ranks - MEMORY, 0) // MEMORY
    return [np.flatnonzero(piece == number) for number in range(1, int(piece.max(initial=0)) + 1)]

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
from detection.unseen.usual import CATEGORIES, IS_ORDINARY, LEVELS, Requests, Usual, levels_of

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
_IS_ORDINARY: Final = np.repeat(IS_ORDINARY, LEVELS)
"""Of each level of each amount."""
_BINS: Final = np.arange(CATEGORIES) * BINS


class Judged(NamedTuple):
    """What a model says of requests: one value for each."""

    scores: NDArray[np.float64]
    """How strange they are, in bits."""
    limits: NDArray[np.float64]
    """From which score on a request to their hosts is strange."""


class Model:
    """What is usual, anywhere and at each host. It is the same after the same requests in the same pieces."""

    def __init__(self, usual: Usual, anywhere: Anywhere, most_hosts: int) -> None:
        self._anywhere = anywhere
        self.hosts = Hosts(most_hosts)
        self._chances = usual.chances.ravel() * np.float32(PRIOR)

    def judge(self, places: NDArray[np.intp], requests: Requests) -> Judged:
        """Judge requests to the hosts at these places."""
        rows, cells, bits = self._surprising_amounts(places, requests)
        ordinary = _IS_ORDINARY.take(cells)
        scores = _sums(rows, np.where(ordinary, 0, bits), len(places))
        news = _sums(rows, np.where(ordinary, ORDINARY_WEIGHT * bits, 0), len(places))
        found, surprises = self._new_categories(places, requests)
        for weight, group in _GROUPS:
            news[found] += weight * surprises[:, group].max(axis=1)
        scores += np.minimum(news, NEWS) + np.maximum(news - ALL_NEW, 0)
        limits = np.maximum(STRANGE, MARGIN * self.hosts.strangest[places])
        (unknown,) = (self.hosts.requests[places] < KNOWN).nonzero()
        if len(unknown):
            anywhere = self._anywhere.surprises(levels_of(requests.features[unknown]))
            scores[unknown], limits[unknown] = anywhere.sum(axis=1, dtype=np.float64), self._anywhere.limit
        return Judged(scores, limits)

    def surprises(self, place: int, features: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what each feature of a request adds to its score, in bits; of a group of categories, only the largest
        counts.
        """
        places, requests = np.array([place]), Requests(features[None])
        found = np.zeros(len(FEATURES), np.float32)
        if self.hosts.requests[place] < KNOWN:
            found[CATEGORIES:] = self._anywhere.surprises(levels_of(requests.features))[0]
            return found
        _, cells, bits = self._surprising_amounts(places, requests)
        found[CATEGORIES + cells // LEVELS] = np.where(_IS_ORDINARY[cells], ORDINARY_WEIGHT, 1) * bits
        rows, surprises = self._new_categories(places, requests)
        if len(rows):
            found[:CATEGORIES] = surprises[0]
        return found

    def learn(self, places: NDArray[np.intp], requests: Requests, scores: NDArray[np.float64]) -> None:
        """Take requests for usual. The scores of hosts that are not known yet do not raise their limits."""
        self.hosts.learn(places, requests, np.where(self.hosts.requests[places] >= KNOWN, scores, 0))

    def usually(self, place: int, feature: int) -> int:
        """Return the most of an amount that requests of a host usually reach: the end of the highest level in use."""
        (used,) = np.flatnonzero(self.hosts.reached[place, feature - CATEGORIES])[-1:].tolist() or (0,)
        return int(used) if used < 4 else 2 ** (int(used) - 1) - 1

    def _surprising_amounts(
        self, places: NDArray[np.intp], requests: Requests
    ) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float32]]:
        """Return rows, cells (as in `Reached`) and bits of the amounts that are reached more seldom than expected."""
        rows, cells = requests.reached
        starts = places * len(self._chances)
        reached = self._chances.take(cells) + self.hosts.reached.reshape(-1).take(starts.take(rows) + cells)
        most = np.log2(self.hosts.requests[places] + PRIOR) - EXPECTED
        bits = most.astype(np.float32).take(rows) - np.log2(reached)
        (kept,) = (bits > 0).nonzero()
        return rows[kept], cells[kept], bits[kept]

    def _new_categories(
        self, places: NDArray[np.intp], requests: Requests
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return the rows of requests that have something new for their host, and for each of their categories how
        seldom the host gets something new: as seldom as what it got so far was new (Good and Turing).
        """
        cells = (places * (CATEGORIES * BINS))[:, None] + _BINS + requests.features[:, :CATEGORIES]
        is_new = self.hosts.seen.reshape(-1).take(cells) == 0
        (rows,) = is_new.any(axis=1).nonzero()
        news = (self.hosts.requests[places[rows], None] + 1) / (self.hosts.distinct[places[rows]] + 1)
        return rows, np.where(is_new[rows], np.log2(news), 0).astype(np.float32)


def _sums(rows: NDArray[np.intp], bits: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    """Return the sum of each row; without rows, `bincount` would return whole numbers."""
    return np.bincount(rows, bits, count).astype(np.float64, copy=False)


def pieces(places: NDArray[np.intp], requests: NDArray[np.int64]) -> Sequence[NDArray[np.intp]]:
    """Return the rows in pieces to be judged and learned one after the other. A piece has as many requests to a host as
    are known, `KNOWN` more at most, and no more than `MEMORY`: so requests that come all at once are not all judged by
    nothing.
    """
    if not len(places):
        return []
    counts = np.bincount(places)
    if (counts <= np.clip(requests[: len(counts)], KNOWN, MEMORY)).all():
        return [np.arange(len(places))]
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(places[order]) != 0])
    ranks = np.empty(len(places), np.int64)
    ranks[order] = np.arange(len(places)) - np.repeat(starts, np.diff(np.r_[starts, len(places)]))
    first = np.clip(requests[places], KNOWN, MEMORY)
    doublings = np.ceil(np.log2((np.minimum(ranks, MEMORY) + 1 + first) / first)).astype(np.int64)
    piece = doublings + np.maximum(ranks - MEMORY, 0) // MEMORY
    return [np.flatnonzero(piece == number) for number in range(1, int(piece.max(initial=0)) + 1)]

"""Learns what requests are like anywhere, and chooses from which score on one is strange at an unknown host.

That is chosen on the material that is learned from, and on nothing else: its hosts are split into parts by a hash of
their names, and each part is judged by what was learned from the others.
"""

import hashlib
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.unseen_material import Material, joined
from detection.unseen.anywhere import Anywhere, relative
from detection.unseen.model import MARGIN
from detection.unseen.usual import Usual, learned, levels_of

SPLITS: Final = 5
MOST_ALARMS: Final = 0.001
"""Share of the ordinary requests, rounded up to a whole one, that may be strange before the margin is added."""
MOST_ODD: Final = 0.25
"""Share of the odd texts that may be. They were chosen because they are odd: in all that people type it is far less."""


def split_of(host: str) -> int:
    """Return the number of the part that a host belongs to."""
    return int(hashlib.sha256(host.encode()).hexdigest()[:8], 16) % SPLITS


def parts_of(material: Material) -> NDArray[np.int64]:
    """Return the part of each request."""
    return np.array([split_of(host) for host in material.hosts], np.int64)


def anywhere(ordinary: Material, odd: Material) -> Anywhere:
    """Learn from ordinary requests and odd texts."""
    return Anywhere(usual_anywhere(ordinary, odd), limit(ordinary, odd))


def usual_anywhere(ordinary: Material, odd: Material) -> Usual:
    """Learn what is usual anywhere."""
    both = joined(ordinary, odd)
    return learned(relative(levels_of(both.features)), both.sites)


def limit(ordinary: Material, odd: Material) -> float:
    """Return the bits from which a request is strange, to a tenth: half as much again as what was seen, because hosts
    that were not learned from are stranger.
    """
    scores = [_scores_of_part(ordinary, odd, part) for part in range(SPLITS)]
    usual, typed = (np.sort(np.concatenate(each))[::-1] for each in zip(*scores, strict=True))
    highest = max(usual[ceil(MOST_ALARMS * len(usual))], typed[int(MOST_ODD * len(typed))])
    return float(ceil(10 * MARGIN * highest) / 10)


def _scores_of_part(ordinary: Material, odd: Material, part: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Judge a part of ordinary requests and of odd texts by what was learned from the others."""
    mine, theirs = (
        [material.chosen(np.flatnonzero((parts_of(material) == part) == wanted)) for material in (ordinary, odd)]
        for wanted in (True, False)
    )
    model = Anywhere(usual_anywhere(*theirs), 0.0)
    usual, typed = (model.surprises(levels_of(material.features)).sum(axis=1) for material in mine)
    return usual, typed

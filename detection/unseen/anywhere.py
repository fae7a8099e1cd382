"""How strange requests are anywhere, whichever host they were sent to. Pure.

It judges requests to hosts of which too little is known, by amounts that text to be run, or to break out of a value,
has more of. They count in relation to the size of the request, because a long text has something of everything. What
says the same counts once: a quotation mark is also a special character, and one of another kind.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.unseen.features import FEATURES
from detection.unseen.usual import AMOUNTS, IS_ORDINARY, LEVELS, Usual

EXPECTED: Final = 2.5
"""Bits of an amount that do not count, as in `detection.unseen.model`."""
SHORT: Final = 6
"""Level of a size up to which amounts are what they are, which is 32 to 63 characters. In longer requests, those of
characters are lower by a level for each doubling, and others by one for two doublings.
"""
SIZES: Final = ("query_length", "body_length", "longest_value", "path_length")
"""What the size of a request is the largest of."""
CHARACTERS: Final = (
    "quotes", "angles", "parentheses", "braces", "separators", "backslashes", "other_specials", "special_kinds",
    "densest",
)  # fmt: skip
"""Amounts that say the same: of these, the most surprising one counts."""
IN_PATHS: Final = ("path_traversals",)
"""Amounts of paths that count. Others are usual somewhere: names of files have parentheses and reserved words."""
_LEFT_OUT: Final = ("controls", "needless_encoding", "declarations")

_NAMES: Final = [FEATURES[place].name for place in AMOUNTS]
_SIZES: Final = np.array([_NAMES.index(name) for name in SIZES])
_CHARACTERS: Final = np.array([_NAMES.index(name) for name in CHARACTERS])
_COUNTS: Final = np.array([
    name in IN_PATHS or not (ordinary or name in _LEFT_OUT or name.startswith(("path_", "field_")))
    for name, ordinary in zip(_NAMES, IS_ORDINARY.tolist(), strict=True)
])  # fmt: skip
_OTHERS: Final = np.flatnonzero(_COUNTS & ~np.isin(np.arange(len(_NAMES)), _CHARACTERS))
_PLACES: Final = np.arange(len(AMOUNTS)) * LEVELS


def relative(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the levels of requests in relation to their sizes; those that do not count are 0."""
    longer = np.maximum(levels[:, _SIZES].max(axis=1), SHORT)[:, None] - np.uint8(SHORT)
    found = np.zeros_like(levels)
    for places, less in ((_CHARACTERS, longer), (_OTHERS, longer // 2)):
        found[:, places] = levels[:, places] - np.minimum(levels[:, places], less)
    return found


class Anywhere:
    """What is usual anywhere, as chances of the levels that `relative` returns."""

    def __init__(self, usual: Usual, limit: float) -> None:
        self.limit = limit
        """Bits from which a request is strange anywhere."""
        self._surprises = np.maximum(-np.log2(usual.chances) - np.float32(EXPECTED), 0)
        self._surprises[:, 0] = 0

    def surprises(self, levels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what each amount adds, in bits, a row for each request: the sum is how strange it is."""
        found: NDArray[np.float32] = self._surprises.take(relative(levels) + _PLACES)
        characters = found[:, _CHARACTERS]
        lower = np.arange(len(CHARACTERS)) != characters.argmax(axis=1)[:, None]
        found[:, _CHARACTERS] = np.where(lower, 0, characters)
        return found

"""What requests are like anywhere: how often each amount of a feature is reached. Pure.

It is learned from ordinary requests of many sites, and stands in for a host until that host has requests of its own.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detection.unseen.features import AMOUNT, FEATURES

LEVELS: Final = 16
"""Levels of an amount: 0 to 3, then one for each doubling. What is higher is in the last one."""
AMOUNTS: Final = tuple(place for place, feature in enumerate(FEATURES) if feature.kind == AMOUNT)
CATEGORIES: Final = len(FEATURES) - len(AMOUNTS)
"""Features that are categories. They come first."""
MOST_OF_A_SITE: Final = 4.0
"""Requests that a site counts for at most, so that the prior is that of many sites and not of a few large ones."""
DOUBT: Final = 4.0
"""Requests that general knowledge counts for beside those that were seen."""
ORDINARY: Final = frozenset((
    "path_length", "path_depth", "longest_segment", "query_length", "parameters", "longest_value", "longest_name",
    "encoded", "path_specials", "path_unspeakable", "high", "changes", "unspeakable", "field_schemes", "field_encoded",
    "fields", "longest_field", "cookies", "cookie_length", "agent_kind", "ranges", "body_length",
    "double_encoding", "malformed_encoding", "empty_fields", "type_oddities", "odd_fields",
    "repeated_fields", "method_kind", "target_oddities", "framing_oddities", "host_kind", "binary",
))  # fmt: skip
"""Amounts that any request has more or less of. The others are those of text that is to be run, or to break out of a
value: even if none was seen, more of them is far less likely than less.
"""

_STEPS: Final = np.arange(256)
LEVEL: Final[NDArray[np.uint8]] = np.where(_STEPS < 4, _STEPS, np.minimum(_STEPS // 4 + 3, LEVELS - 1)).astype(np.uint8)
"""The level of each step of the scale of `features`."""
IS_ORDINARY: Final[NDArray[np.bool_]] = np.array([FEATURES[place].name in ORDINARY for place in AMOUNTS])


_STARTS: Final = np.arange(len(AMOUNTS), dtype=np.int32) * LEVELS


class Reached(NamedTuple):
    """The amounts above 0 of requests, one value for each; of most requests, few are."""

    rows: NDArray[np.intp]
    """Their requests, ascending."""
    cells: NDArray[np.int32]
    """Their amounts and levels: those of the first amount, then those of the second, and so on."""


class Requests:
    """Requests, a row of features each, and what several parts of a model want to know of them."""

    def __init__(self, features: NDArray[np.uint8]) -> None:
        self.features = features

    def __len__(self) -> int:
        return len(self.features)

    def chosen(self, rows: NDArray[np.intp]) -> "Requests":
        """Return the requests of these rows."""
        return self if len(rows) == len(self) else Requests(self.features.take(rows, axis=0))

    @cached_property
    def reached(self) -> Reached:
        """Return which levels their amounts reach."""
        amounts = self.features[:, CATEGORIES:].ravel()
        (flat,) = (amounts != 0).nonzero()
        rows = flat // len(AMOUNTS)
        return Reached(rows, _STARTS.take(flat - rows * len(AMOUNTS)) + LEVEL.take(amounts.take(flat)))


class Usual(NamedTuple):
    """The chance that a request reaches each level of each amount: an array of shape (amounts, LEVELS)."""

    chances: NDArray[np.float32]


def levels_of(features: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the levels of the amounts of requests."""
    return LEVEL[features[:, CATEGORIES:]]


def learned(levels: NDArray[np.uint8], sites: Sequence[str]) -> Usual:
    """Learn from the levels of ordinary requests, one row each, and the sites they were sent to."""
    _, codes = np.unique(np.asarray(sites), return_inverse=True)
    weights = np.minimum(1, MOST_OF_A_SITE / np.bincount(codes))[codes]
    total = float(weights.sum())
    chances = np.empty((len(AMOUNTS), LEVELS))
    for place, ordinary in enumerate(IS_ORDINARY):
        counts = np.bincount(levels[:, place], weights, LEVELS)
        reached = np.cumsum(counts[::-1])[::-1]
        chances[place] = (reached + DOUBT * _expected(bool(ordinary))) / (total + DOUBT)
    return Usual(np.minimum.accumulate(chances, axis=1).astype(np.float32))


def _expected(ordinary: bool) -> NDArray[np.float64]:
    """Return the chances of the levels of an amount of which nothing is known."""
    steps = np.arange(LEVELS)
    chances = np.exp2(-(2 + 0.5 * steps) if ordinary else -(10.0 + steps))
    chances[0] = 1
    return np.asarray(chances)


def to_text(usual: Usual) -> str:
    """Write chances as hexadecimal digits: two each, for eighths of a bit of surprise."""
    bits = np.clip(np.rint(-8 * np.log2(usual.chances)), 0, 255).astype(np.uint8)
    return bytes(bits).hex()


def from_text(text: str) -> Usual:
    """Read what `to_text` wrote; spaces and line breaks do not matter.

    Raises:
        ValueError: it is of another version.
    """
    bits = np.frombuffer(bytes.fromhex(text), np.uint8).reshape(len(AMOUNTS), LEVELS)
    return Usual(np.exp2(bits / -8.0).astype(np.float32))

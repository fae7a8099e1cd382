"""Chooses among sums in columns: the highest keys of a statistic, with the rest as OTHER. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from history.sums import highest_keys
from store.bins import BINS
from store.sums import OTHER, RANKED_BY, KeyedSums, StatisticSums, Sums

_ROWS: Final = {unit.value: row for unit, row in RANKED_BY.items()}


def chosen(keyed: KeyedSums, which: NDArray[np.bool_]) -> KeyedSums:
    """Return the sums of the keys that are marked."""
    own = keyed.codes // BINS
    hit = which[own]
    codes = (np.cumsum(which) - 1)[own[hit]] * BINS + keyed.codes[hit] % BINS
    keys = [keyed.keys[place] for place in np.flatnonzero(which).tolist()]
    return KeyedSums(keys, keyed.amounts[:, which], codes, keyed.hits[hit])


def with_other(name: str, keyed: KeyedSums) -> StatisticSums:
    """Return what a statistic counted; the key OTHER, if it is there, stands for the rest."""
    others = np.array([key == OTHER for key in keyed.keys], np.bool_)
    return StatisticSums(name, chosen(keyed, ~others), chosen(keyed, others).whole())


def highest(part: StatisticSums, unit: str, keys: int, key_length: int) -> StatisticSums:
    """Reduce a statistic to its `keys` highest keys, by its unit: at most `key_length` characters that can be shown."""
    keyed = part.keyed
    if not "".join(keyed.keys).isprintable() or max(map(len, keyed.keys), default=0) > key_length:
        shown = KeyedSums.merged([KeyedSums.of_items([(_shown(key), sums)]) for key, sums in keyed.items()])
        kept = highest_keys(dict(shown.items()), unit, len(shown.keys), key_length)
        keyed = KeyedSums.of_items(kept.items())
    marks = np.ones(len(keyed.keys), np.bool_)
    if len(marks) > keys:
        # Ties are broken by place, which makes the result the same on each machine.
        marks[np.argsort(-keyed.amounts[_ROWS[unit]], kind="stable")[keys:]] = False
    marks &= np.array([key != OTHER for key in keyed.keys], np.bool_)
    if marks.all():
        return part._replace(keyed=keyed)
    rest = KeyedSums.merged([_as_other(chosen(keyed, ~marks).whole()), _as_other(part.other)])
    return StatisticSums(part.name, chosen(keyed, marks), rest.whole())


def _as_other(sums: Sums) -> KeyedSums:
    return KeyedSums.of_items([(OTHER, sums)])


def _shown(key: str) -> str:
    """Escape what cannot be shown. Only plug-ins may make such keys."""
    if key.isprintable():
        return key
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in key)

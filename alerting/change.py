"""Change points: when a series began to deviate, and from where to where it went.

The last windows are split in two where that explains most of their variance (the likelihood ratio of a shift of the
mean; see Page 1954, and Bifet and Gavaldà 2007, whose ADWIN makes the same test at every split).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from alerting.scale import NOTHING, Scale, Sum

LEAST_BEFORE: Final = 3
"""Windows that a change must have before it, to say from where it went."""
STEEP: Final = 0.7
"""Part of the whole change that is made within two windows of a step; otherwise it is a slope."""


class Change(NamedTuple):
    """A change of a series."""

    since: float
    """Seconds since the epoch: the start of the first window after it."""
    before: float
    """Mean value before it."""
    after: float
    """Mean value since then."""
    step: bool
    """Whether it changed at once; otherwise slowly."""


def split(totals: Sequence[Sum], scale: Scale, side: int) -> int | None:
    """Return the number of windows before the change to the `side` that alerts; None if there are too few windows."""
    best, place = 0.0, None
    whole, before = _added(totals), NOTHING
    for number, each in enumerate(totals[:-1], 1):
        before += each
        after = Sum(whole.seen - before.seen, whole.expected - before.expected, whole.base - before.base)
        if number < LEAST_BEFORE or before.expected <= 0 or after.expected <= 0:
            continue
        apart = scale.deviation(after, 0.5) - scale.deviation(before, 0.5)
        gain = scale.likelihood(before) + scale.likelihood(after)
        if side * apart > 0 and gain > best:
            best, place = gain, number
    return place


def change(totals: Sequence[Sum], starts: Sequence[float], scale: Scale, side: int) -> Change | None:
    """Return the change that explains the windows best; `starts` are their times. `side` is 1 if high values alert, or
    -1.
    """
    place = split(totals, scale, side)
    if place is None:
        return None
    before, after = _added(totals[:place]), _added(totals[place:])
    old, new = (scale.values(each, 0.1, 0.0, 0.0)[0] for each in (before, after))
    return Change(starts[place], old, new, _is_step(totals, place, scale))


def _is_step(totals: Sequence[Sum], place: int, scale: Scale) -> bool:
    """Return whether the two windows from `place` on are about as far from those before as the rest is."""
    before = scale.deviation(_added(totals[:place]), 0.5)
    late = totals[-max(1, (len(totals) - place) // 3) :]
    whole = scale.deviation(_added(late), 0.5) - before
    near = scale.deviation(_added(totals[place : place + 2]), 0.5) - before
    early = scale.deviation(_added(totals[max(0, place - 2) : place]), 0.5) - before
    return bool(whole) and near / whole >= STEEP and early / whole <= 1 - STEEP


def _added(totals: Sequence[Sum]) -> Sum:
    added = NOTHING
    for each in totals:
        added += each
    return added

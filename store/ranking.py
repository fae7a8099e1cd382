"""Top lists: which keys rank highest, and what is left for the others."""

import heapq
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stats.statistic import Unit
from store.distribution import Distribution
from store.sums import (
    BYTES,
    COUNT,
    ENOUGH,
    NOTHING,
    OTHER,
    TIME,
    Slicing,
    Sums,
    Top,
    TopRow,
    subtracted,
    sums_of,
)

Amounts = NDArray[np.int64]


def by_count(amounts: Amounts) -> tuple[Any, ...]:
    """Sort key: most frequent first."""
    return (-amounts[COUNT],)


def by_total(amounts: Amounts) -> tuple[Any, ...]:
    """Sort key: largest first."""
    return (-amounts[BYTES], -amounts[COUNT])


def by_average(amounts: Amounts) -> tuple[Any, ...]:
    """Sort key: slowest first, but keys with fewer than ENOUGH measurements last."""
    count = amounts[COUNT]
    return (count < ENOUGH, -amounts[TIME] / np.maximum(count, 1), -count)


RANKS: Final = {Unit.HITS: by_count, Unit.BYTES: by_total, Unit.SECONDS: by_average}
"""Sort keys for columns of sums; lower ranks first."""

Trend = Callable[[str | None], tuple[int, ...]]
"""Counts per slice of a key, or of all keys together for None."""


class StatisticSnapshot(NamedTuple):
    """One statistic at a moment, in a window or in the last bucket."""

    keys: Sequence[str]
    amounts: Amounts
    """One column per key."""
    times: Callable[[int], Distribution]
    """Distribution of the key at an index."""
    whole: Sums
    """Sums of all keys together."""

    def of(self, place: int) -> Sums:
        """Return the sums of the key at an index."""
        return sums_of(self.amounts[:, place], self.times(place))


def top_list(
    unit: Unit, snapshot: StatisticSnapshot, recent: StatisticSnapshot, limit: int, trend: Trend, slicing: Slicing
) -> Top:
    """Return the `limit` highest keys of a snapshot, with their sums in the last bucket. Ties are sorted by text."""
    came, latest = np.flatnonzero(snapshot.amounts[COUNT]), {key: place for place, key in enumerate(recent.keys)}
    ranks = [rank.tolist() for rank in RANKS[unit](snapshot.amounts[:, came])]
    highest = heapq.nsmallest(limit, zip(*ranks, [snapshot.keys[place] for place in came.tolist()], came, strict=True))
    rows = tuple(
        TopRow(key, recent.of(latest[key]) if key in latest else NOTHING, snapshot.of(place), trend(key))
        for *_, key, place in highest
    )
    trends = zip(trend(None), *(row.trend for row in rows), strict=True)
    other = TopRow(
        OTHER,
        subtracted(recent.whole, [row.recent for row in rows]),
        subtracted(snapshot.whole, [row.window for row in rows]),
        tuple(hits - sum(shown) for hits, *shown in trends),
    )
    return Top(rows, other, snapshot.whole, slicing)

"""Top lists: which keys come first, and what the others leave."""

import heapq
from collections.abc import Sequence
from typing import Final

from stats.statistic import Unit
from store.counter import Counter
from store.distribution import Distribution
from store.looks import Look
from store.packed import count_of, nanoseconds_of, total_of
from store.sums import Slicing, Sums, Top, TopRow

OTHER: Final = "(other)"
"""The key of all that is in no row."""
ENOUGH: Final = 5
"""Measurements that an average needs to rank among the slowest: one slow hit says little."""


def by_count(packed: int) -> tuple[float, ...]:
    """The most frequent first."""
    return (-count_of(packed),)


def by_total(packed: int) -> tuple[float, ...]:
    """The largest first."""
    return (-total_of(packed), -count_of(packed))


def by_average(packed: int) -> tuple[float, ...]:
    """The slowest first, after those that were measured often ENOUGH."""
    count = count_of(packed)
    return (count < ENOUGH, -nanoseconds_of(packed) / count if count else 0, -count)


RANKS: Final = {Unit.HITS: by_count, Unit.BYTES: by_total, Unit.SECONDS: by_average}
"""What sorts packed sums: lower comes first."""


def top_list(counter: Counter, look: Look, recent: Look, limit: int, slicing: Slicing) -> Top:
    """The `limit` highest keys of a look, beside what they had in the last bucket."""
    rank = RANKS[counter.unit]
    counted = ((rank(sums), key) for key, sums in look.each() if count_of(sums))
    keys = [key for _, key in heapq.nsmallest(limit, counted)]
    rows = tuple(TopRow(key, known(counter, recent, key), known(counter, look, key), look.trend(key)) for key in keys)
    whole = known(counter, look, None)
    trends = zip(look.trend(None), *(row.trend for row in rows), strict=True)
    other = TopRow(
        OTHER,
        _rest(counter, recent, keys, [known(counter, recent, None), *(row.recent for row in rows)]),
        _rest(counter, look, keys, [whole, *(row.window for row in rows)]),
        tuple(hits - sum(shown) for hits, *shown in trends),
    )
    return Top(rows, other, whole, slicing)


def known(counter: Counter, look: Look, key: str | None) -> Sums:
    """All that a look knows of a key, or of all (None)."""
    return counter.public(look.sums(key), look.times(key))


def _rest(counter: Counter, look: Look, keys: Sequence[str], sums: Sequence[Sums]) -> Sums:
    """What keys leave of the whole, the first of `sums`."""
    whole, *parts = (each.times for each in sums)
    packed = look.sums(None) - sum(look.sums(key) for key in keys)
    return counter.public(packed, whole.without(Distribution.merged(parts)))

"""Rows of sums as closed buckets. Pure."""

from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from typing import Any

import numpy as np

from history.record import SENSORS
from store.bins import BINS
from store.distribution import LAST
from store.sums import NANOSECONDS, NOTHING, OTHER, ClosedBucket, KeyedSums, StatisticSums, Sums


def closed_buckets(columns: Sequence[Sequence[Any]]) -> list[ClosedBucket]:
    """Return the buckets, oldest first, of columns that are ordered by start and statistic: start, width, statistic,
    key, five amounts, bins and hits.
    """
    if not columns:
        return []
    starts, widths, names = columns[:3]
    found = []
    for start, places in groupby(range(len(starts)), starts.__getitem__):
        own = list(places)
        statistics = tuple(
            _statistic(name, [column[slice(*rows)] for column in columns[3:]])
            for name, rows in _runs(names, own[0], own[-1] + 1)
        )
        found.append(ClosedBucket(float(start), float(max(widths[own[0] : own[-1] + 1])), statistics))
    return found


def with_sensors(buckets: Sequence[ClosedBucket], columns: Sequence[Sequence[Any]]) -> list[ClosedBucket]:
    """Return the buckets with the statistic SENSORS, from the same columns with sensors as keys."""
    by_start = {bucket.start: bucket.statistics for bucket in closed_buckets(columns)}
    return [
        bucket._replace(statistics=(*bucket.statistics, *(_named(part) for part in by_start.get(bucket.start, ()))))
        for bucket in buckets
    ]


def _named(part: StatisticSums) -> StatisticSums:
    return part._replace(name=SENSORS)


def _runs(names: Sequence[str], begin: int, end: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Iterate over the names in a part of a list, and the part of each."""
    for name, places in groupby(range(begin, end), names.__getitem__):
        own = list(places)
        yield name, (own[0], own[-1] + 1)


def _statistic(name: str, columns: Sequence[Sequence[Any]]) -> StatisticSums:
    keys, count, size, seconds, client_errors, server_errors, bins, hits = columns
    nanoseconds = np.rint(np.array(seconds, np.float64) * NANOSECONDS)
    amounts = np.array([count, size, nanoseconds, client_errors, server_errors], np.int64).reshape(5, -1)
    numbers = np.fromiter(chain.from_iterable(bins), np.int64).clip(max=LAST)
    codes = numbers + np.repeat(np.arange(len(keys)) * BINS, [len(each) for each in bins])
    keyed = KeyedSums(list(keys), amounts, codes, np.fromiter(chain.from_iterable(hits), np.int64))
    return StatisticSums(name, *_without_other(keyed))


def _without_other(keyed: KeyedSums) -> tuple[KeyedSums, Sums]:
    """Separate the sums of keys without a slot."""
    if OTHER not in keyed.keys:
        return keyed, NOTHING
    sums = dict(keyed.items())
    other = sums.pop(OTHER)
    return KeyedSums.of_items(sums.items()), other

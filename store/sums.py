"""Sums: of a key, of all keys, or of many keys in columns. Any two add up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stats.statistic import Unit
from store.bins import BINS, summed
from store.distribution import NO_TIMES, Distribution
from traffic.text import OTHER as OTHER

ENOUGH: Final = 5
"""Measurements that an average needs to rank among the slowest: one slow hit says little."""
COUNT, BYTES, TIME, CLIENT_ERRORS, SERVER_ERRORS = range(5)
"""Rows of sums in columns: count, bytes, nanoseconds, and responses with a status of 4xx and of 5xx."""
AMOUNTS: Final = 5
"""The number of these rows."""
RANKED_BY: Final = {Unit.HITS: COUNT, Unit.BYTES: BYTES, Unit.SECONDS: TIME}
"""The row of the sums by which a statistic ranks its keys, by unit."""
NANOSECONDS: Final = 10**9
GRAIN: Final = 16
"""Parts of a bucket that sums are spread by, if they cover only part of it."""


@dataclass(frozen=True)
class Sums:
    """Sums of a key, or of all keys, in a bucket or a window."""

    count: int = 0
    """Number of records."""
    bytes: int = 0
    """For a statistic of bytes, its amounts; otherwise the body bytes of the responses."""
    seconds: float = 0.0
    """For a statistic of seconds, its amounts; otherwise the response times."""
    times: Distribution = NO_TIMES
    """The distribution of these seconds."""
    client_errors: int = 0
    """Responses with a 4xx status."""
    server_errors: int = 0
    """Responses with a 5xx status."""

    @property
    def timed(self) -> int:
        """Number of times in `seconds`."""
        return self.times.times

    @property
    def average(self) -> float | None:
        """Average in seconds; None if nothing was timed."""
        return self.seconds / self.timed if self.timed else None

    @property
    def column(self) -> tuple[int, int, int, int, int]:
        """The amounts as in a column of sums."""
        return self.count, self.bytes, round(self.seconds * NANOSECONDS), self.client_errors, self.server_errors

    def total(self, unit: Unit) -> float:
        """Return the sum that a statistic of that unit shows."""
        return {Unit.HITS: self.count, Unit.BYTES: self.bytes, Unit.SECONDS: self.seconds}[unit]


NOTHING: Final = Sums()


def sums_of(column: NDArray[np.int64], times: Distribution = NO_TIMES) -> Sums:
    """Convert one column of sums."""
    count, size, nanoseconds, client_errors, server_errors = column.tolist()
    return Sums(count, size, nanoseconds / NANOSECONDS, times, client_errors, server_errors)


class KeyedSums(NamedTuple):
    """Sums of many keys, in columns."""

    keys: Sequence[str]
    amounts: NDArray[np.int64]
    """One column per key, with AMOUNTS rows."""
    codes: NDArray[np.int64]
    """The bins that were hit, ascending: index of the key x BINS + bin number."""
    hits: NDArray[np.int64]
    """How often each of them was hit."""

    @classmethod
    def of_items(cls, sums: Iterable[tuple[str, Sums]]) -> "KeyedSums":
        """Build from pairs of a key and its sums."""
        known = dict(sums)
        columns = [each.column for each in known.values()]
        times = [each.times.bins for each in known.values()]
        flat = chain.from_iterable(chain.from_iterable(times))
        numbers, hits = np.fromiter(flat, np.int64).reshape(-1, 2).T
        codes = numbers + np.repeat(np.arange(len(times)) * BINS, [len(each) for each in times])
        return cls(list(known), np.array(columns, np.int64).reshape(-1, AMOUNTS).T, codes, hits)

    @classmethod
    def merged(cls, parts: Sequence["KeyedSums"]) -> "KeyedSums":
        """Add up the sums of all parts."""
        places = {key: place for place, key in enumerate(dict.fromkeys(key for part in parts for key in part.keys))}
        amounts = np.zeros((AMOUNTS, len(places)), np.int64)
        codes = [np.zeros(0, np.int64)]
        for part in parts:
            own = np.array([places[key] for key in part.keys], np.int64)
            amounts[:, own] += part.amounts
            codes.append(own[part.codes // BINS] * BINS + part.codes % BINS)
        hits = np.concatenate([codes[0], *(part.hits for part in parts)])
        return cls(list(places), amounts, *summed(np.concatenate(codes), hits))

    def times(self, place: int) -> Distribution:
        """Return the distribution of the key at an index."""
        begin, end = np.searchsorted(self.codes, (place * BINS, (place + 1) * BINS))
        return Distribution.counted(self.codes[begin:end] - place * BINS, self.hits[begin:end])

    def chosen(self, wanted: NDArray[np.bool_]) -> "KeyedSums":
        """Return the sums of the keys that are marked."""
        keys = [key for key, is_wanted in zip(self.keys, wanted.tolist(), strict=True) if is_wanted]
        there = wanted[self.codes // BINS]
        codes, numbers = self.codes[there], np.cumsum(wanted) - 1
        return KeyedSums(keys, self.amounts[:, wanted], numbers[codes // BINS] * BINS + codes % BINS, self.hits[there])

    def whole(self) -> Sums:
        """Return the sums of all keys together."""
        return sums_of(self.amounts.sum(axis=1), Distribution.counted(*summed(self.codes % BINS, self.hits)))

    def items(self) -> Iterator[tuple[str, Sums]]:
        """Iterate over the keys and their sums."""
        ends = np.searchsorted(self.codes, np.arange(1, len(self.keys) + 1) * BINS).tolist()
        bins = list(zip((self.codes % BINS).tolist(), self.hits.tolist(), strict=True))
        columns = zip(self.keys, *self.amounts.tolist(), [0, *ends], ends, strict=False)
        for key, count, size, nanoseconds, client_errors, server_errors, begin, end in columns:
            times = Distribution(tuple(bins[begin:end])) if end > begin else NO_TIMES
            yield key, Sums(count, size, nanoseconds / NANOSECONDS, times, client_errors, server_errors)


class Cells(NamedTuple):
    """Sums by bucket and key: what a statistic counted in a batch."""

    keys: Sequence[str]
    """The key of each cell, in any order. Cells at the end may have none: for those only the bucket is known."""
    buckets: NDArray[np.int64]
    """The bucket of each cell, as an index into a list of buckets."""
    amounts: NDArray[np.int64]
    places: NDArray[np.int64]
    """For each time, or each bin, the index of its cell."""
    bins: NDArray[np.int64]
    hits: NDArray[np.int64] | None = None
    """How often each bin was hit; None if each was hit once."""


class TopRow(NamedTuple):
    """One key of a top list."""

    key: str
    recent: Sums
    """Its sums in the last closed bucket."""
    window: Sums
    """Its sums in the requested window."""
    trend: tuple[int, ...] = ()
    """Counts in the latest slices, oldest first."""


class Slicing(NamedTuple):
    """The slices of a trend, which start at multiples of their length since the epoch; the last one is incomplete.

    They are twelfths of the window, or of a shorter window while the store is too young to fill enough of these. For
    the last bucket they are buckets.
    """

    width: float
    """Length of a slice in seconds."""
    elapsed: float
    """Seconds of the last slice that have passed."""


class Top(NamedTuple):
    """A top list. Its rows and `other` add up to `whole` exactly."""

    rows: tuple[TopRow, ...]
    other: TopRow
    """Everything in no row: keys that rank lower, and keys without a slot."""
    whole: Sums
    """Sums of all keys in the window."""
    slicing: Slicing
    """The slices of the trends."""


class StatisticSums(NamedTuple):
    """What one statistic counted in a closed bucket, or what arrived late for it."""

    name: str
    """Name of the statistic."""
    keyed: KeyedSums
    other: Sums
    """Sums of keys that have no slot."""

    @property
    def keys(self) -> dict[str, Sums]:
        """Sums by key, converted anew at each call."""
        return dict(self.keyed.items())


class ClosedBucket(NamedTuple):
    """A closed bucket, or what arrived late for it. The parts of a bucket add up to everything counted in it."""

    start: float
    """Seconds since the epoch."""
    width: float
    statistics: tuple[StatisticSums, ...]


def subtracted(whole: Sums, parts: Sequence[Sums]) -> Sums:
    """Subtract parts from a whole."""
    left = np.array(whole.column) - sum(np.array(part.column) for part in parts)
    return sums_of(left, whole.times.without(part.times for part in parts))


def rest(keyed: KeyedSums, every: KeyedSums) -> Sums:
    """Subtract the sums of the separate keys from those of all keys together."""
    hits = np.zeros(BINS, np.int64)
    hits[every.codes] = every.hits
    np.subtract.at(hits, keyed.codes % BINS, keyed.hits)
    bins = np.flatnonzero(hits)
    amounts = every.amounts.sum(axis=1) - keyed.amounts.sum(axis=1)
    return sums_of(amounts, Distribution.counted(bins, hits[bins]))


def spread(keyed: KeyedSums, other: Sums, edges: Sequence[float]) -> Cells:
    """Split sums into parts, one for each bucket: from one edge to the next, as shares of 0 to 1. All times go into the
    first.

    The remainder goes to a different bucket for each key, so that no bucket gets all of them.
    """
    amounts = np.column_stack((keyed.amounts, other.column))
    buckets = len(edges) - 1
    keys, shift = len(keyed.keys), np.arange(amounts.shape[1]) % buckets * GRAIN
    steps = np.rint(np.array(edges) * buckets * GRAIN).astype(np.int64)[:, None, None]
    parts = np.diff((amounts * steps + shift) // (buckets * GRAIN), axis=0).transpose(1, 0, 2)
    named, places = parts[:, :, :-1].reshape(AMOUNTS, -1), np.repeat(np.arange(buckets), keys)
    kept = named.any(axis=0) | (places == 0)
    first, rest = int(np.count_nonzero(kept)), np.array(other.times.bins, np.int64).reshape(-1, 2).T
    return Cells(
        [key for key, is_kept in zip(list(keyed.keys) * buckets, kept.tolist(), strict=True) if is_kept],
        np.append(places[kept], np.arange(buckets)),
        np.column_stack((named[:, kept], parts[:, :, -1])),
        np.append(keyed.codes // BINS, np.full(len(rest[0]), first)),
        np.append(keyed.codes % BINS, rest[0]),
        np.append(keyed.hits, rest[1]),
    )

"""Sums, the one shape of what is known: of a key, of all keys, or key by key in columns. Any two add up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stats.statistic import Unit
from store.bins import BINS, added
from store.distribution import NO_TIMES, Distribution
from traffic.text import OTHER as OTHER

ENOUGH: Final = 5
"""Measurements that an average needs to rank among the slowest: one slow hit says little."""
COUNT, BYTES, TIME = range(3)
"""Rows of sums in columns: how often, bytes, nanoseconds."""
WEIGHS: Final = {Unit.HITS: COUNT, Unit.BYTES: BYTES, Unit.SECONDS: TIME}
"""What a key weighs."""
NANOSECONDS: Final = 10**9


@dataclass(frozen=True)
class Sums:
    """What is known of a key, or of all keys, in a bucket or a window."""

    count: int = 0
    """How often."""
    bytes: int = 0
    """The amounts of a statistic of bytes; of others, body bytes of the responses."""
    seconds: float = 0.0
    """The amounts of a statistic of seconds; of others, the response times."""
    times: Distribution = NO_TIMES
    """How these seconds are distributed."""

    @property
    def timed(self) -> int:
        """How many seconds are made of."""
        return self.times.times

    @property
    def average(self) -> float | None:
        """Seconds; None where nothing was timed."""
        return self.seconds / self.timed if self.timed else None

    @property
    def column(self) -> tuple[int, int, int]:
        """COUNT, BYTES and TIME."""
        return self.count, self.bytes, round(self.seconds * NANOSECONDS)

    def total(self, unit: Unit) -> float:
        """What a statistic of that unit adds up."""
        return {Unit.HITS: self.count, Unit.BYTES: self.bytes, Unit.SECONDS: self.seconds}[unit]


NOTHING: Final = Sums()


def sums_of(column: NDArray[np.int64], times: Distribution = NO_TIMES) -> Sums:
    """One column of sums: COUNT, BYTES and TIME."""
    count, size, nanoseconds = column.tolist()
    return Sums(count, size, nanoseconds / NANOSECONDS, times)


class KeyedSums(NamedTuple):
    """Sums key by key."""

    keys: Sequence[str]
    amounts: NDArray[np.int64]
    """A column for each key: COUNT, BYTES and TIME."""
    codes: NDArray[np.int64]
    """The bins that were hit, ascending: place of the key x BINS + number of the bin."""
    hits: NDArray[np.int64]
    """How often each of them was."""

    @classmethod
    def made(cls, sums: Iterable[tuple[str, Sums]]) -> "KeyedSums":
        """Of sums one by one."""
        known = dict(sums)
        columns = [each.column for each in known.values()]
        times = [each.times.bins for each in known.values()]
        bins = [(place * BINS + number, hits) for place, each in enumerate(times) for number, hits in each]
        codes, hits = np.array(bins, np.int64).reshape(-1, 2).T
        return cls(list(known), np.array(columns, np.int64).reshape(-1, 3).T, codes, hits)

    @classmethod
    def merged(cls, parts: Sequence["KeyedSums"]) -> "KeyedSums":
        """All of them as one."""
        places = {key: place for place, key in enumerate(dict.fromkeys(key for part in parts for key in part.keys))}
        amounts = np.zeros((3, len(places)), np.int64)
        codes = [np.zeros(0, np.int64)]
        for part in parts:
            own = np.array([places[key] for key in part.keys], np.int64)
            amounts[:, own] += part.amounts
            codes.append(own[part.codes // BINS] * BINS + part.codes % BINS)
        hits = np.concatenate([codes[0], *(part.hits for part in parts)])
        return cls(list(places), amounts, *added(np.concatenate(codes), hits))

    def times(self, place: int) -> Distribution:
        """Of the key at a place."""
        begin, end = np.searchsorted(self.codes, (place * BINS, (place + 1) * BINS))
        return Distribution.counted(self.codes[begin:end] - place * BINS, self.hits[begin:end])

    def whole(self) -> Sums:
        """Of all these keys together."""
        return sums_of(self.amounts.sum(axis=1), Distribution.counted(*added(self.codes % BINS, self.hits)))

    def items(self) -> Iterator[tuple[str, Sums]]:
        """Each key with its sums."""
        ends = np.searchsorted(self.codes, np.arange(1, len(self.keys) + 1) * BINS).tolist()
        bins = list(zip((self.codes % BINS).tolist(), self.hits.tolist(), strict=True))
        columns = zip(self.keys, *self.amounts.tolist(), [0, *ends], ends, strict=False)
        for key, count, size, nanoseconds, begin, end in columns:
            times = Distribution(tuple(bins[begin:end])) if end > begin else NO_TIMES
            yield key, Sums(count, size, nanoseconds / NANOSECONDS, times)


class Cells(NamedTuple):
    """Sums by bucket and key."""

    keys: Sequence[str]
    """Of each cell, in any order. Of cells at the end that have none, nothing is known but which bucket they are of."""
    buckets: NDArray[np.int64]
    """Of each cell the place of its bucket among others."""
    amounts: NDArray[np.int64]
    places: NDArray[np.int64]
    """For each time, or for each bin, the place of its cell."""
    bins: NDArray[np.int64]
    hits: NDArray[np.int64] | None = None
    """How often each bin was hit; None where each is one time."""


class TopRow(NamedTuple):
    """One key of a top list."""

    key: str
    recent: Sums
    """In the last closed bucket."""
    window: Sums
    """In the window that was asked for."""
    trend: tuple[int, ...] = ()
    """How often in each of the latest slices, oldest first."""


class Slicing(NamedTuple):
    """What trends are in: twelfths of the window, or of a shorter one as long as these are too few to tell anything; of
    the last bucket, buckets. They begin at multiples of their length since the epoch, and the last one is under way.
    """

    width: float
    """Seconds of a slice."""
    elapsed: float
    """Seconds of the last one that are over."""


class Top(NamedTuple):
    """A top list. Its rows and `other` add up to the totals exactly."""

    rows: tuple[TopRow, ...]
    other: TopRow
    """All that is in no row: keys that rank lower, and what was not kept apart by key."""
    whole: Sums
    """All keys in the window."""
    slicing: Slicing
    """Of the trends."""


class Closed(NamedTuple):
    """What one statistic counted in a closed bucket, or what came late for it."""

    name: str
    """Of the statistic."""
    keyed: KeyedSums
    other: Sums
    """What was not kept apart by key."""

    @property
    def keys(self) -> dict[str, Sums]:
        """The sums by key, made anew at each look."""
        return dict(self.keyed.items())


class ClosedBucket(NamedTuple):
    """A closed bucket, or what came late for it. The parts of a bucket add up to all that was counted."""

    start: float
    """Seconds since the epoch."""
    width: float
    statistics: tuple[Closed, ...]


def subtracted(whole: Sums, parts: Sequence[Sums]) -> Sums:
    """What parts leave of the whole."""
    left = np.array(whole.column) - sum(np.array(part.column) for part in parts)
    return sums_of(left, whole.times.without(part.times for part in parts))


def rest(keyed: KeyedSums, every: KeyedSums) -> Sums:
    """What the sums by key leave of those of all keys together."""
    hits = np.zeros(BINS, np.int64)
    hits[every.codes] = every.hits
    np.subtract.at(hits, keyed.codes % BINS, keyed.hits)
    bins = np.flatnonzero(hits)
    amounts = every.amounts.sum(axis=1) - keyed.amounts.sum(axis=1)
    return sums_of(amounts, Distribution.counted(bins, hits[bins]))


def spread(keyed: KeyedSums, other: Sums, buckets: int) -> Cells:
    """Sums in nearly equal parts over so many buckets. All times are in the first.

    What is left over goes to another bucket for each key, so that it is not always the same.
    """
    amounts = np.column_stack((keyed.amounts, other.column))
    keys, shift = len(keyed.keys), np.arange(amounts.shape[1]) % buckets
    steps = np.arange(buckets + 1)[:, None, None]
    parts = np.diff((amounts * steps + shift) // buckets, axis=0).transpose(1, 0, 2)
    named, places = parts[:, :, :-1].reshape(3, -1), np.repeat(np.arange(buckets), keys)
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

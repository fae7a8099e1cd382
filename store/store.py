"""The store: batches of records in; sums per bucket, statistic and key out.

Buckets are `bucket_size` seconds long and aligned to the epoch. Time is the time of the records, and the caller passes
`now`, which only moves forward.
"""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Final, NamedTuple

import numpy as np

from stats.statistic import Statistic
from store.batches import LATEST, BucketedBatch, BucketedTable
from store.counter import Counter
from store.curves import CURVE_SLICES, Curve, CurveKey, Curves
from store.ranking import RANKS, StatisticSnapshot, top_list
from store.sums import NOTHING, Cells, ClosedBucket, Slicing, StatisticSums, Sums, Top, rest, spread, sums_of
from store.trends import SLICES
from store.windows import ALL, Windows
from traffic.batch import Batch

MAX_OPEN: Final = 64
"""Maximum number of buckets open at a time."""
MAX_OPEN_BYTES: Final = 16 * 2**20
"""Maximum bytes in open buckets; beyond it they are closed early."""


class Failure(NamedTuple):
    """A plug-in that raised an exception and was disabled."""

    name: str
    text: str
    """The traceback."""


class Store:
    """Sums of `statistics` over `retention` seconds, with at most 2 x `max_keys` separate keys in each.

    `windows` are shorter periods, in seconds, for which the same is known; longer ones are treated as the retention.
    Memory is bounded, see `store.windows`; `max_bytes` is the larger part of it.
    """

    def __init__(
        self,
        statistics: Sequence[Statistic],
        bucket_size: float,
        retention: float,
        max_keys: int,
        windows: Sequence[float] = (120, 3600),
        max_bytes: int = 128 * 2**20,
    ) -> None:
        self.late = 0
        """Records not counted because they are older than the window, or have no valid time."""
        self.failures: list[Failure] = []
        """Plug-ins that were switched off. What they counted until then stays until it is too old."""
        self._counters = [Counter(statistic) for statistic in statistics]
        self._active = dict(enumerate(self._counters))
        self._numbers = {counter.name: number for number, counter in enumerate(self._counters)}
        self._bucket_size = bucket_size
        self._lengths = [retention, *sorted({window for window in windows if window < retention})]
        # Windows longer than the retention are treated as the retention.
        self._window_indexes: dict[float, int | None] = dict.fromkeys(windows, ALL)
        self._window_indexes |= {length: place for place, length in enumerate(self._lengths)} | {bucket_size: None}
        self._max_buckets = ceil(retention / bucket_size) + 1
        buckets = [ceil(length / bucket_size) for length in self._lengths]
        self._windows = Windows([counter.weight_row for counter in self._counters], buckets, max_keys, max_bytes)
        self._curves = Curves(self._windows)
        # The earliest bucket seen.
        self._first: int | None = None
        self._last_closed: int | None = None
        self._oldest_kept: float = float("-inf")
        self._callbacks: list[Callable[[ClosedBucket], None]] = []

    # In ---------------------------------------------------------------------------------------------------------------

    def add(self, batch: Batch) -> None:
        """Count each record in the bucket of its time, for each statistic that counts records of its type."""
        if not isinstance(batch, BucketedBatch) or batch.bucket_size != self._bucket_size:
            batch = BucketedBatch(batch, self._bucket_size)
        for kind in dict.fromkeys(kind for counter in self._active.values() for kind in counter.kinds):
            if len(batch.table(kind)):
                self._add_rows(batch.rows(kind, self._oldest_kept))

    def advance(self, now: float) -> None:
        """Close the buckets that ended by `now`, and drop those that ended `retention` seconds before."""
        if not abs(now) <= LATEST:
            return
        last = int(now // self._bucket_size) - 1
        edges = [int((now - length) // self._bucket_size) for length in self._lengths]
        if self._last_closed is None or last > self._last_closed:
            self._last_closed = last
            self._oldest_kept = max(self._oldest_kept, edges[0])
        self._first = min([self._last_closed + 1 if self._first is None else self._first, *self._windows.open])
        for index in sorted(self._windows.open):
            if index <= self._last_closed:
                self._close(index)
        self._windows.drop(self._last_closed, edges)

    def on_close(self, callback: Callable[[ClosedBucket], None]) -> None:
        """Call `callback` with each bucket that closes, and later with late records as a further part of it.

        The parts of a bucket add up to everything counted in it.
        """
        self._callbacks.append(callback)

    def take(self, bucket: ClosedBucket) -> None:
        """Count what another store counted, at its own time. A period longer than a bucket is spread evenly over it.

        What began before the retention is ignored.
        """
        buckets, cells = self._cells_of(bucket)
        if cells and buckets[0] >= self._oldest_kept:
            self._windows.add(buckets, cells)
            self._limit_open()

    def recall(self, bucket: ClosedBucket) -> None:
        """Restore sums from before this run; the period they cover may be longer than a bucket.

        They are spread evenly over its time. Call this before anything is counted, oldest period first.
        """
        buckets, cells = self._cells_of(bucket)
        if cells and buckets[0] >= self._oldest_kept:
            self._windows.add(buckets, cells)
            for index in buckets:
                self._curves.add(index, self._windows.close(index))
        self._first = buckets[0] if self._first is None else min(buckets[0], self._first)

    def _cells_of(self, bucket: ClosedBucket) -> tuple[range, dict[int, Cells]]:
        """Return the buckets that a period covers, and the part of its sums in each."""
        size, end = self._bucket_size, bucket.start + bucket.width
        first = int(bucket.start // size)
        buckets = range(first, max(first + 1, ceil(end / size)))
        edges = [0.0, *((index * size - bucket.start) / bucket.width for index in buckets[1:]), 1.0]
        known = [part for part in bucket.statistics if part.name in self._numbers]
        return buckets, {self._numbers[name]: spread(keyed, other, edges) for name, keyed, other in known}

    # Out --------------------------------------------------------------------------------------------------------------

    def top(self, name: str, limit: int, window: float | None = None) -> Top:
        """Return the `limit` highest keys of a window: by count, bytes or average, depending on the statistic's unit.

        `window` is the bucket size for the last bucket, one of the store's windows, or None for the retention. All but
        the last bucket include the open buckets. By average, keys with at least ENOUGH measurements come first. Ties
        are in alphabetical order.

        Raises:
            KeyError: there is no such window.
        """
        number, place = self._numbers[name], self._window_index(window)
        width, now = self._slice_width(place), self._last_closed or 0

        def trend(key: str | None) -> tuple[int, ...]:
            row = self._windows.row(number, key)
            return (0,) * SLICES if row is None else self._windows.trends.of(row, now, width)

        slicing = Slicing(width * self._bucket_size, (now % width + 1) * self._bucket_size)
        unit, recent = self._counters[number].unit, self._snapshot(number, None)
        return top_list(unit, recent if place is None else self._snapshot(number, place), recent, limit, trend, slicing)

    def totals(self, name: str, window: float | None = None) -> Sums:
        """Return the sums of all keys in a window, as in `top`."""
        return self._snapshot(self._numbers[name], self._window_index(window)).whole

    def open_count(self, name: str) -> int:
        """Return the count of all keys in the open buckets."""
        return self._windows.open_count(self._numbers[name])

    def series(self, name: str, buckets: int) -> list[Sums]:
        """Return the sums of all keys in each of the last closed buckets, oldest first; fewer if the store is younger.

        The sums have no distribution of times.
        """
        number, known = self._numbers[name], self._windows.buckets
        return [sums_of(known[index][number]) if index in known else NOTHING for index in self._latest(buckets)]

    def series_of(self, name: str, key: str, buckets: int) -> list[int]:
        """Return the counts of a key in each of the last closed buckets, oldest first; fewer if the store is younger.

        Only the time since the key last got a slot is counted. Buckets merged into one block share its count evenly.
        """
        latest = self._latest(buckets)
        counts = self._curves.compute(CurveKey(self._numbers[name], key, 1), latest.start)
        return list(counts.between(latest.start, latest.stop - 1))

    def curve(
        self, name: str, window: float | None = None, slices: int = CURVE_SLICES, key: str | None = None
    ) -> Curve:
        """Return the counts of a key, or of all keys, over the closed buckets of a window, in at most `slices` slices.

        For the last bucket, the curve covers the last 12 buckets.
        """
        place = self._window_index(window)
        buckets = SLICES if place is None else self._windows.lengths[place]
        width = ceil(buckets / (slices - 1)) if buckets > slices else 1
        latest = self._latest(buckets)
        seconds = width * self._bucket_size
        if not latest:
            return Curve(0.0, seconds, seconds, ())
        first, last = latest[0] // width, latest[-1] // width
        counts = self._curves.counts(CurveKey(self._numbers[name], key, width), first, last)
        return Curve(first * seconds, seconds, (latest[-1] % width + 1) * self._bucket_size, counts)

    def peak(self, name: str) -> Sums:
        """Return the sums of all keys in the highest closed bucket of the retention: by count, bytes or average."""
        if not self._windows.buckets:
            return NOTHING
        number = self._numbers[name]
        amounts = np.array([sums[number] for sums in self._windows.buckets.values()]).T
        ranks = RANKS[self._counters[number].unit](amounts)
        return sums_of(amounts[:, np.lexsort(ranks[::-1])[0]])

    # ------------------------------------------------------------------------------------------------------------------

    def _add_rows(self, rows: BucketedTable) -> None:
        counted = {number: each.count(rows) for number, each in self._active.items() if rows.kind in each.kinds}
        for number, counter in list(self._active.items()):
            if counter.failure is not None:
                self.failures.append(Failure(counter.name, counter.failure))
                del self._active[number]
        self.late += rows.rejected
        if rows.buckets:
            self._windows.add(rows.buckets, counted)
            self._limit_open()

    def _limit_open(self) -> None:
        """Close buckets early, oldest first, if there are too many. They can still be added to."""
        buckets = sorted(self._windows.open)
        too_many = len(buckets) - MAX_OPEN // 2 if len(buckets) > MAX_OPEN else 0
        for index in buckets if self._windows.open_bytes > MAX_OPEN_BYTES else buckets[:too_many]:
            self._close(index)
        if len(self._windows.buckets) > 2 * self._max_buckets:
            edge = sorted(self._windows.buckets)[-self._max_buckets]
            for index in [index for index in self._windows.open if index < edge]:
                self._close(index)
            self._oldest_kept = max(self._oldest_kept, edge)
            self._windows.drop(edge, [edge] * len(self._lengths))

    def _close(self, index: int) -> None:
        block = self._windows.close(index)
        self._first = index if self._first is None else min(index, self._first)
        self._curves.add(index, block)
        if self._callbacks:
            cells = self._windows.cells(block)
            split = ((name, *self._windows.split(number, cells)) for name, number in self._numbers.items())
            parts = tuple(StatisticSums(name, keyed, rest(keyed, every)) for name, keyed, every in split)
            for callback in self._callbacks:
                callback(ClosedBucket(index * self._bucket_size, self._bucket_size, parts))

    def _window_index(self, window: float | None) -> int | None:
        """Return the index of a window in `store.windows`; None for the last bucket."""
        return ALL if window is None else self._window_indexes[window]

    def _snapshot(self, number: int, place: int | None) -> StatisticSnapshot:
        if place is not None:
            return self._windows.snapshot(number, place)
        block = None if self._last_closed is None else self._windows.block(self._last_closed)
        keyed, every = self._windows.split(number, self._windows.cells(block))
        return StatisticSnapshot(keyed.keys, keyed.amounts, keyed.times, every.whole())

    def _slice_width(self, place: int | None) -> int:
        """Return the length of a trend's slices in buckets."""
        if place is None or self._last_closed is None:
            return 1
        first = self._last_closed if self._windows.first is None else self._windows.first
        return self._windows.trends.width(self._windows.lengths[place], first, self._last_closed)

    def _latest(self, buckets: int) -> range:
        """Return the indexes of the last closed buckets."""
        if self._last_closed is None or self._first is None:
            return range(0)
        return range(max(self._first, self._last_closed - buckets + 1), self._last_closed + 1)

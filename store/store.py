"""The store: batches of records in, sums per bucket, statistic and key out.

Buckets are `bucket_size` seconds wide and aligned to the epoch. Time is that of the records, and `now` is what the
caller says it is; it goes forward only.
"""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Final, NamedTuple

import numpy as np

from stats.statistic import Statistic
from store.counter import Counter
from store.curves import CURVE_SLICES, Curve, Curves, Subject
from store.ranking import RANKS, Look, top_list
from store.rows import LATEST, BucketedBatch, Rows
from store.sums import NOTHING, Closed, ClosedBucket, Slicing, Sums, Top, rest, spread, sums_of
from store.trends import SLICES
from store.window import ALL, Window
from traffic.batch import Batch

MAX_OPEN: Final = 64
"""Buckets that are counted into at a time."""
MOST_OPEN: Final = 16 * 2**20
"""Bytes of these: what has more is closed before its time."""


class Failure(NamedTuple):
    """A plug-in that raised, and is switched off."""

    name: str
    text: str
    """The traceback."""


class Store:
    """Sums of `statistics` over `retention` seconds, with at most 2 x `max_keys` keys apart in each.

    `windows` are shorter ones, in seconds, for which the same is known; those beyond the retention are like it. What it
    holds in memory is bounded, see `store.window`; `max_bytes` is the larger part of it.
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
        """Records left out because they are older than the window, or their time is none."""
        self.failures: list[Failure] = []
        """Plug-ins that were switched off. What they counted until then stays until it ages."""
        self._counters = [Counter(statistic) for statistic in statistics]
        self._active = dict(enumerate(self._counters))
        self._numbers = {counter.name: number for number, counter in enumerate(self._counters)}
        self._bucket_size = bucket_size
        self._lengths = [retention, *sorted({window for window in windows if window < retention})]
        self._places: dict[float, int | None] = dict.fromkeys(windows, ALL)  # those beyond the retention are like it
        self._places |= {length: place for place, length in enumerate(self._lengths)} | {bucket_size: None}
        self._max_buckets = ceil(retention / bucket_size) + 1
        buckets = [ceil(length / bucket_size) for length in self._lengths]
        self._window = Window([counter.weigh for counter in self._counters], buckets, max_keys, max_bytes)
        self._curves = Curves(self._window)
        self._first: int | None = None  # the earliest bucket there was
        self._last_closed: int | None = None
        self._oldest_kept: float = float("-inf")
        self._callbacks: list[Callable[[ClosedBucket], None]] = []

    # In ---------------------------------------------------------------------------------------------------------------

    def add(self, batch: Batch) -> None:
        """Count each record in the bucket of its time, for each statistic that counts records of its kind."""
        if not isinstance(batch, BucketedBatch) or batch.bucket_size != self._bucket_size:
            batch = BucketedBatch(batch, self._bucket_size)
        for kind in dict.fromkeys(kind for counter in self._active.values() for kind in counter.kinds):
            if len(batch.table(kind)):
                self._add_rows(batch.rows(kind, self._oldest_kept))

    def advance(self, now: float) -> None:
        """Close the buckets that ended until `now`, and let those leave that ended `retention` before it."""
        if not abs(now) <= LATEST:
            return
        last = int(now // self._bucket_size) - 1
        edges = [int((now - length) // self._bucket_size) for length in self._lengths]
        if self._last_closed is None or last > self._last_closed:
            self._last_closed = last
            self._oldest_kept = max(self._oldest_kept, edges[0])
        self._first = min([self._last_closed + 1 if self._first is None else self._first, *self._window.open])
        for index in sorted(self._window.open):
            if index <= self._last_closed:
                self._close(index)
        self._window.drop(self._last_closed, edges)

    def on_close(self, callback: Callable[[ClosedBucket], None]) -> None:
        """From now on call it with each bucket as it closes, and with what comes late for one as a further part of it.

        The parts of a bucket add up to all that was counted in it.
        """
        self._callbacks.append(callback)

    def recall(self, bucket: ClosedBucket) -> None:
        """Take back what was counted in a time before this run, which may have been longer than a bucket.

        It is spread over its buckets evenly. To be called before anything is counted, oldest first.
        """
        first = int(bucket.start // self._bucket_size)
        buckets = range(first, first + max(1, int(bucket.width // self._bucket_size)))
        known = [part for part in bucket.statistics if part.name in self._numbers]
        if known and first >= self._oldest_kept:
            cells = {self._numbers[name]: spread(keyed, other, len(buckets)) for name, keyed, other in known}
            self._window.add(buckets, cells)
            for index in buckets:
                self._curves.add(index, self._window.close(index))
        self._first = first if self._first is None else min(first, self._first)

    # Out --------------------------------------------------------------------------------------------------------------

    def top(self, name: str, limit: int, window: float | None = None) -> Top:
        """The `limit` highest keys of a window: by count, by bytes, or by average, as the unit of the statistic says.

        `window` is the bucket size for the last bucket, one of the store's windows, or None for the retention; all but
        the last bucket include the buckets under way. By average, keys with at least ENOUGH measurements come first.
        Equal ones are in the order of their text.

        Raises:
            KeyError: there is no such window.
        """
        number, place = self._numbers[name], self._place(window)
        width, now = self._slice_width(place), self._last_closed or 0

        def trend(key: str | None) -> tuple[int, ...]:
            row = self._window.row(number, key)
            return (0,) * SLICES if row is None else self._window.trends.of(row, now, width)

        slicing = Slicing(width * self._bucket_size, (now % width + 1) * self._bucket_size)
        unit, recent = self._counters[number].unit, self._look(number, None)
        return top_list(unit, recent if place is None else self._look(number, place), recent, limit, trend, slicing)

    def totals(self, name: str, window: float | None = None) -> Sums:
        """Of all keys in a window, as in `top`."""
        return self._look(self._numbers[name], self._place(window)).whole

    def open_count(self, name: str) -> int:
        """How often all keys came in the buckets that are not closed."""
        return self._window.open_count(self._numbers[name])

    def series(self, name: str, buckets: int) -> list[Sums]:
        """Of all keys, in each of the last closed buckets, oldest first; fewer where the store is younger.

        Without the distribution of times.
        """
        number, known = self._numbers[name], self._window.buckets
        return [sums_of(known[index][number]) if index in known else NOTHING for index in self._latest(buckets)]

    def series_of(self, name: str, key: str, buckets: int) -> list[int]:
        """How often a key came in each of the last closed buckets, oldest first; fewer where the store is younger.

        As far as it was among the keys that are kept apart. Buckets that are one block share it evenly.
        """
        latest = self._latest(buckets)
        counts = self._curves.look_up(Subject(self._numbers[name], key, 1), latest.start)
        return list(counts.between(latest.start, latest.stop - 1))

    def curve(
        self, name: str, window: float | None = None, slices: int = CURVE_SLICES, key: str | None = None
    ) -> Curve:
        """How often a key came, or all of them, over the closed buckets of a window, in at most `slices` slices.

        Of the last bucket it tells the last 12 buckets.
        """
        place = self._place(window)
        buckets = SLICES if place is None else self._window.lengths[place]
        width = ceil(buckets / (slices - 1)) if buckets > slices else 1
        latest = self._latest(buckets)
        seconds = width * self._bucket_size
        if not latest:
            return Curve(0.0, seconds, seconds, ())
        first, last = latest[0] // width, latest[-1] // width
        counts = self._curves.counts(Subject(self._numbers[name], key, width), first, last)
        return Curve(first * seconds, seconds, (latest[-1] % width + 1) * self._bucket_size, counts)

    def peak(self, name: str) -> Sums:
        """Of all keys, in that closed bucket of the retention which is the highest: by count, total or average."""
        if not self._window.buckets:
            return NOTHING
        number = self._numbers[name]
        amounts = np.array([sums[number] for sums in self._window.buckets.values()]).T
        ranks = RANKS[self._counters[number].unit](amounts)
        return sums_of(amounts[:, np.lexsort(ranks[::-1])[0]])

    # ------------------------------------------------------------------------------------------------------------------

    def _add_rows(self, rows: Rows) -> None:
        counted = {number: each.count(rows) for number, each in self._active.items() if rows.kind in each.kinds}
        for number, counter in list(self._active.items()):
            if counter.failure is not None:
                self.failures.append(Failure(counter.name, counter.failure))
                del self._active[number]
        self.late += rows.strays
        if rows.buckets:
            self._window.add(rows.buckets, counted)
            self._limit_open()

    def _limit_open(self) -> None:
        """Close buckets before their time, the oldest first, where there are too many. They can still be added to."""
        buckets = sorted(self._window.open)
        too_many = len(buckets) - MAX_OPEN // 2 if len(buckets) > MAX_OPEN else 0
        for index in buckets if self._window.open_bytes > MOST_OPEN else buckets[:too_many]:
            self._close(index)
        if len(self._window.buckets) > 2 * self._max_buckets:
            edge = sorted(self._window.buckets)[-self._max_buckets]
            for index in [index for index in self._window.open if index < edge]:
                self._close(index)
            self._oldest_kept = max(self._oldest_kept, edge)
            self._window.drop(edge, [edge] * len(self._lengths))

    def _close(self, index: int) -> None:
        block = self._window.close(index)
        self._first = index if self._first is None else min(index, self._first)
        self._curves.add(index, block)
        if self._callbacks:
            cells = self._window.cells(block)
            split = ((name, *self._window.split(number, cells)) for name, number in self._numbers.items())
            parts = tuple(Closed(name, keyed, rest(keyed, every)) for name, keyed, every in split)
            for callback in self._callbacks:
                callback(ClosedBucket(index * self._bucket_size, self._bucket_size, parts))

    def _place(self, window: float | None) -> int | None:
        """Of a window among those of `store.window`; None for the last bucket."""
        return ALL if window is None else self._places[window]

    def _look(self, number: int, place: int | None) -> Look:
        if place is not None:
            return self._window.look(number, place)
        block = None if self._last_closed is None else self._window.block(self._last_closed)
        keyed, every = self._window.split(number, self._window.cells(block))
        return Look(keyed.keys, keyed.amounts, keyed.times, every.whole())

    def _slice_width(self, place: int | None) -> int:
        """Buckets of a slice of a trend."""
        if place is None or self._last_closed is None:
            return 1
        first = self._last_closed if self._window.first is None else self._window.first
        return self._window.trends.width(self._window.lengths[place], first, self._last_closed)

    def _latest(self, buckets: int) -> range:
        """The last closed buckets."""
        if self._last_closed is None or self._first is None:
            return range(0)
        return range(max(self._first, self._last_closed - buckets + 1), self._last_closed + 1)

"""The store: records in, sums per bucket, statistic and key out.

Buckets are `bucket_size` seconds wide and aligned to the epoch. Time is that of the records, and `now` is what the
caller says it is; it goes forward only.
"""

from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import Any, Final

from stats.statistic import Statistic
from store.counter import Counter
from store.curves import Curve, Curves, Subject
from store.distribution import Distribution
from store.looks import LastBucket, Look, Sliding
from store.open_buckets import Failure, OpenBuckets
from store.packed import count_of
from store.ranking import RANKS, known, top_list
from store.recall import recalled
from store.slices import SLICES
from store.sums import Closed, ClosedBucket, Slicing, Sums, Top
from store.tally import Cell, Tally
from store.window import ALL, Window

LATEST: Final = 1e11
"""The year 5138. A time beyond it is damage."""
MAX_OPEN: Final = 64
"""Buckets that are counted into at a time."""
LAST: Final = -1
"""Stands for the last closed bucket where the others are places of windows."""


class Store:
    """Sums of `statistics` over `retention` seconds, with at most 2 x `max_keys` keys apart in each.

    What `passing` ones count is handed to those who asked for closed buckets, and not kept.

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
        passing: Sequence[Statistic] = (),
    ) -> None:
        self.late = 0
        """Records left out because they are older than the window, or their time is none."""
        self._counters = [Counter(statistic) for statistic in (*statistics, *passing)]
        self._kept = len(statistics)
        self._numbers = {counter.name: number for number, counter in enumerate(self._counters)}
        self._bucket_size = bucket_size
        self._lengths = [retention, *sorted({window for window in windows if window < retention})]
        self._places = dict.fromkeys(windows, ALL)  # those beyond the retention are like it
        self._places |= {length: place for place, length in enumerate(self._lengths)} | {bucket_size: LAST}
        self._max_keys = max_keys
        self._max_buckets = ceil(retention / bucket_size) + 1
        buckets = [ceil(length / bucket_size) for length in self._lengths]
        self._window = Window(
            [counter.weight for counter in self._counters[: self._kept]], buckets, max_keys, max_bytes
        )
        self._open = OpenBuckets(self._counters, bucket_size, max_keys)
        self._curves = Curves(self._window)
        self._recent: list[Tally] = []  # of the last closed bucket; none if nothing was in it
        self._first: int | None = None  # the earliest bucket there was
        self._last_closed: int | None = None
        self._oldest_kept: float = float("-inf")
        self._takers: list[Callable[[ClosedBucket], None]] = []

    @property
    def failures(self) -> Sequence[Failure]:
        """Plug-ins that were switched off. What they counted until then stays until it ages."""
        return self._open.failures

    # In ---------------------------------------------------------------------------------------------------------------

    def add(self, records: Iterable[Any]) -> None:
        """Count each record in the bucket of its time, for each statistic that counts records of its type."""
        for index, batch in self._open.batches(records):
            if not abs(index) * self._bucket_size <= LATEST or index < self._oldest_kept:
                self.late += len(batch)
            else:
                self._limit_open(int(index))
                self._open.count(int(index), batch)
                if self._open.crowded:
                    self._fold_early(len(self._open.tallies))

    def advance(self, now: float) -> None:
        """Close the buckets that ended until `now`, and let those leave that ended `retention` before it."""
        if not abs(now) <= LATEST:
            return
        last = int(now // self._bucket_size) - 1
        edges = [int((now - length) // self._bucket_size) for length in self._lengths]
        if self._last_closed is None or last > self._last_closed:
            self._last_closed = last
            self._recent = []
            self._oldest_kept = max(self._oldest_kept, edges[0])
        self._first = min([self._last_closed + 1 if self._first is None else self._first, *self._open.tallies])
        for index in sorted(self._open.tallies):
            if index <= self._last_closed:
                self._close(index)
        self._window.drop(self._last_closed, edges)

    def closed(self, take: Callable[[ClosedBucket], None]) -> None:
        """From now on hand `take` each bucket as it closes, and what comes late for one as a further part of it.

        The parts of a bucket add up to all that was counted in it.
        """
        self._takers.append(take)

    def recall(self, bucket: ClosedBucket) -> None:
        """Take back what was counted in a time before this run, which may have been longer than a bucket.

        To be called before anything is counted, oldest first.
        """
        first = int(bucket.start // self._bucket_size)
        buckets, kept = max(1, int(bucket.width // self._bucket_size)), self._counters[: self._kept]
        for place, tallies in enumerate(recalled(bucket.statistics, kept, self._max_keys, buckets)):
            self._window.fold(first + place, tallies)
            self._curves.fold(first + place, tallies)
        self._first = first if self._first is None else min(first, self._first)

    # Out --------------------------------------------------------------------------------------------------------------

    def top(self, name: str, limit: int, window: float | None = None) -> Top:
        """The `limit` highest keys of a window: by count, by total, or by average, as the unit of the statistic says.

        `window` is the bucket size for the last bucket, one of the store's windows, or None for the retention; all but
        the last bucket include the buckets under way. By average, keys with at least ENOUGH measurements come first.
        Equal ones are in the order of their text.

        Raises:
            KeyError: there is no such window.
        """
        number = self._numbers[name]
        look = self._look(number, window)
        return top_list(self._counters[number], look, self._last_bucket(number), limit, self._slicing(look.width))

    def totals(self, name: str, window: float | None = None) -> Sums:
        """Of all keys in a window, as in `top`."""
        number = self._numbers[name]
        return known(self._counters[number], self._look(number, window), None)

    def open_count(self, name: str) -> int:
        """Records that were counted in buckets that are not closed yet."""
        number = self._numbers[name]
        tallies = [tallies[number] for tallies in self._open.tallies.values()]
        return sum(count_of(cell.sums) for tally in tallies for cell in (tally.other, *tally.entries.values()))

    def series(self, name: str, buckets: int) -> list[Sums]:
        """Of all keys, in each of the last closed buckets, oldest first; fewer where the store is younger.

        Without the distribution of times.
        """
        number = self._numbers[name]
        return [self._public(number, index) for index in self._latest(buckets)]

    def series_of(self, name: str, key: str, buckets: int) -> list[int]:
        """How often a key came in each of the last closed buckets, oldest first; fewer where the store is younger.

        As far as it was among the keys that are kept apart. Buckets that share their cells share it evenly.
        """
        latest = self._latest(buckets)
        counts = self._curves.look_up(Subject(self._numbers[name], key, 1), latest.start)
        return list(counts.between(latest.start, latest.stop - 1))

    def curve(self, name: str, window: float | None = None, slices: int = 240, key: str | None = None) -> Curve:
        """How often a key came, or all of them, over the closed buckets of a window, in at most `slices` slices.

        Of the last bucket it tells the last 12 buckets.
        """
        place = ALL if window is None else self._places[window]
        buckets = SLICES if place == LAST else self._window.lengths[place]
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
        number = self._numbers[name]
        rank = RANKS[self._counters[number].unit]
        buckets = (sums[number] for sums in self._window.buckets.values())
        return self._counters[number].public(min(buckets, key=rank, default=0))

    # ------------------------------------------------------------------------------------------------------------------

    def _limit_open(self, index: int) -> None:
        """Make room for one more when records of one `add` lie far apart."""
        if index in self._open.tallies or len(self._open.tallies) < MAX_OPEN:
            return
        self._fold_early(MAX_OPEN // 2)
        if len(self._window.buckets) > 2 * self._max_buckets:
            edge = sorted(self._window.buckets)[-self._max_buckets]
            self._oldest_kept = max(self._oldest_kept, edge)
            self._window.drop(edge, [edge] * len(self._lengths))

    def _fold_early(self, buckets: int) -> None:
        """The oldest of the open buckets. They can still be added to; only the last bucket's list will not know."""
        for index in sorted(self._open.tallies)[:buckets]:
            self._fold(index, self._open.tallies.pop(index))
        self._open.crowded = False

    def _close(self, index: int) -> None:
        tallies = self._open.tallies.pop(index)
        self._fold(index, tallies)
        if index != self._last_closed:
            return
        if self._recent:
            for mine, late in zip(self._recent, tallies, strict=True):
                mine.merge(late)
        else:
            self._recent = tallies

    def _fold(self, index: int, tallies: Sequence[Tally]) -> None:
        self._first = index if self._first is None else min(index, self._first)
        self._window.fold(index, tallies[: self._kept])
        self._curves.fold(index, tallies)
        if self._takers:
            sums = tuple(self._closed(number, tally) for number, tally in enumerate(tallies))
            for take in self._takers:
                take(ClosedBucket(index * self._bucket_size, self._bucket_size, sums))

    def _closed(self, number: int, tally: Tally) -> Closed:
        counter = self._counters[number]
        keys = {key: _sums(counter, cell) for key, cell in tally.entries.items()}
        return Closed(counter.name, keys, _sums(counter, tally.other))

    def _look(self, number: int, window: float | None) -> Look:
        place = ALL if window is None else self._places[window]
        if place == LAST:
            return self._last_bucket(number)
        opened = [tallies[number] for tallies in self._open.tallies.values()]
        return Sliding(self._window, number, place, opened, self._last_closed)

    def _slicing(self, width: int) -> Slicing:
        """Of trends in slices of so many buckets."""
        last = -1 if self._last_closed is None else self._last_closed
        return Slicing(width * self._bucket_size, (last % width + 1) * self._bucket_size)

    def _last_bucket(self, number: int) -> LastBucket:
        return LastBucket(self._window, number, self._recent[number] if self._recent else None, self._last_closed)

    def _latest(self, buckets: int) -> range:
        """The last closed buckets."""
        if self._last_closed is None or self._first is None:
            return range(0)
        return range(max(self._first, self._last_closed - buckets + 1), self._last_closed + 1)

    def _public(self, number: int, index: int) -> Sums:
        """Of all keys in a bucket, without the distribution of times."""
        sums = self._window.buckets.get(index)
        return self._counters[number].public(0 if sums is None else sums[number])


def _sums(counter: Counter, cell: Cell) -> Sums:
    return counter.public(cell.sums, Distribution.of(cell.counts().items()))

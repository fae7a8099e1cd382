"""Closed buckets: what the retention window holds, and shorter windows in it, and what leaves them with each bucket.

A top list reads sliding sums: an entry for a key has one for each window, to which a bucket is added when it closes and
from which it is subtracted when it leaves. All sums are whole numbers, so that days of this leave no error. The whole
of a statistic is an entry like those of its keys, and what no key is shown for is the rest of it.

Of a bucket are kept its sums per statistic, and for each key that has an entry a cell (see `store.spans`) and its bins
(see `store.slices`). An entry that had to make room (see `store.tally`) is gone with its number, and its cells mean
nothing any more: what they stand for stays in the whole as part of the rest, until it leaves. A key that comes back
gets a new entry with a new number.

Bounds: 2 x `max_keys` entries per statistic, and `max_bytes` for cells and bins, three quarters of it for cells. Where
keys are so many that this does not do (1000 keys in each of 8640 buckets), neighbouring buckets share their cells and
leave together when the last of them is due: their keys lose nothing, and stay a little longer. With S statistics the
whole takes about

    max_bytes  +  buckets x (S x 80 B + 250 B)  +  S x 2 x max_keys x (600 B + the key)

which is 128 + 9 + 14 MB for 8640 buckets, 10 statistics and 1000 keys of 100 characters. Buckets not yet closed, and
the last closed one, take the third term again each.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import Final

from store.packed import counts_of
from store.pieces import Columns
from store.slices import Slices
from store.spans import Span, neighbours
from store.tally import Cell, Tally, Weight

ALL: Final = 0
"""The place of the retention window among the windows."""
EVER: Final = -(2**62)
"""A bucket before all others."""
AT_ONCE: Final = 32
"""Pairs of spans that are chosen in one look at all of them."""


class Entry:
    """The sums of one key in the windows."""

    __slots__ = ("debt", "key", "number", "statistic", "sums")

    def __init__(self, statistic: int, key: str, number: int, debt: int, windows: int) -> None:
        self.statistic = statistic
        self.key = key
        self.number = number
        self.debt = debt
        self.sums = [0] * windows
        """Packed, for each window."""

    def add(self, packed: int, windows: Sequence[int]) -> None:
        """Add to some of the windows."""
        sums = self.sums
        for window in windows:
            sums[window] += packed


class Window:
    """Sums of closed buckets.

    `weights` are those of the statistics; `windows` are lengths in buckets, the retention first.
    """

    def __init__(self, weights: Sequence[Weight], windows: Sequence[int], max_keys: int, max_bytes: int) -> None:
        self.wholes = [Entry(number, "", number, 0, len(windows)) for number in range(len(weights))]
        """All keys of each statistic."""
        self.buckets: dict[int, Sequence[int]] = {}
        """The packed sums of each statistic in each bucket that has any."""
        self.entries: list[dict[str, Entry]] = [{} for _ in weights]
        """By key, for each statistic."""
        self.lengths = windows
        """Of the windows, in buckets."""
        self._weights = weights
        self._max_keys = max_keys
        self._numbered = dict(enumerate(self.wholes))
        self._last_number = len(weights)
        self._edges = [EVER] * len(windows)  # the first bucket of each window
        self._floors = [0] * len(weights)
        self._past_floors: Sequence[int] = self._floors[:]  # those of the latest bucket that left
        self._max_bytes = max_bytes - max_bytes // 4
        self._size = 0
        self._spans: list[Span] = []  # in the order of time
        self.slices = Slices(windows, max_bytes // 4, self._numbered.__contains__)

    def fold(self, index: int, tallies: Sequence[Tally]) -> None:
        """Add what the statistics counted in bucket `index`, which may have been added to before."""
        wholes = [tally.whole() for tally in tallies]
        sums = [whole.sums for whole in wholes]
        before = self.buckets.get(index)
        self.buckets[index] = sums if before is None else [old + new for old, new in zip(before, sums, strict=True)]
        place = bisect_left(self._spans, index, key=_last)
        shared = place < len(self._spans) and self._spans[place].first <= index
        last = self._spans[place].last if shared else index
        known = self._credit(wholes, tallies, [window for window, edge in enumerate(self._edges) if last >= edge])
        numbers = sorted(known)
        cells = [known[number] for number in numbers]
        span = Span(index, index, numbers, [cell.sums for cell in cells], self._floors[:])
        if shared:
            self._replace(place, place + 1, self._spans[place].merged(span, self._numbered.__contains__))
        else:
            self._replace(place, place, span)
        self.slices.add(index, Columns.of_cells(numbers, counts_of([cell.sums for cell in cells]), cells))

    def drop(self, now: int, edges: Sequence[int]) -> None:
        """The last bucket closed is `now`. Let the buckets before each window's edge leave, and keep to the bounds."""
        if self._spans and self._spans[-1].last < min(edges):
            self._clear()
        for window in reversed(range(len(edges))):  # the longest last: it is what is kept
            self._leave(window, edges[window])
        self.slices.drop(now, edges)
        while self._size > self._max_bytes and len(self._spans) > 1:
            if not self._share(now, edges):
                break

    def bins(self, entry: Entry, window: int) -> dict[int, int]:
        """How often each bin was hit by the times of a key in a window."""
        return self.slices.bins(entry.number, self._edges[window])

    def counts(self, entry: Entry, first: int) -> Iterator[tuple[Span, int]]:
        """How often a key came in the spans that end with bucket `first` or later."""
        place = bisect_left(self._spans, first, key=_last)
        for span in islice(self._spans, place, None):
            if count := span.count_of(entry.number):
                yield span, count

    def _credit(self, wholes: Sequence[Cell], tallies: Sequence[Tally], windows: Sequence[int]) -> dict[int, Cell]:
        """Add the tallies to the entries of their keys; by number, the cells of those that are there at the end."""
        credited: dict[int, Cell] = {}
        for statistic, (whole, tally) in enumerate(zip(wholes, tallies, strict=True)):
            entries = self.entries[statistic]
            for key, cell in tally.entries.items():
                entry = entries.get(key) or self._enter(statistic, key)
                entry.add(cell.sums, windows)
                credited[entry.number] = cell
            self.wholes[statistic].add(whole.sums, windows)
            credited[statistic] = whole
        alive = self._numbered
        return {number: cell for number, cell in credited.items() if cell.sums and number in alive}

    def _enter(self, statistic: int, key: str) -> Entry:
        entries = self.entries[statistic]
        if len(entries) >= 2 * self._max_keys:
            self._make_room(statistic)
        self._last_number += 1
        entry = Entry(statistic, key, self._last_number, self._floors[statistic], len(self._edges))
        entries[key] = self._numbered[entry.number] = entry
        return entry

    def _make_room(self, statistic: int) -> None:
        """As in a tally. What the floor rose by in buckets that left is no longer owed."""
        past, weight = self._past_floors[statistic], self._weights[statistic]

        def score(entry: Entry) -> int:
            return weight(entry.sums[ALL]) + max(entry.debt, past)

        ranked = sorted(self.entries[statistic].values(), key=score, reverse=True)
        leaving = ranked[self._max_keys :]
        self._floors[statistic] = max(self._floors[statistic], score(leaving[0]))
        for entry in leaving:
            self._forget(entry)

    def _forget(self, entry: Entry) -> None:
        del self.entries[entry.statistic][entry.key]
        del self._numbered[entry.number]

    def _leave(self, window: int, edge: int) -> None:
        """Move a window on to bucket `edge`."""
        begin = bisect_left(self._spans, self._edges[window], key=_last)
        end = bisect_left(self._spans, edge, key=_last)
        for span in self._spans[begin:end]:
            self._subtract(window, span)
        if window == ALL:
            self._let_go(end)
        self._edges[window] = max(edge, self._edges[window])

    def _subtract(self, window: int, span: Span) -> None:
        find = self._numbered.get
        for number, packed in span.cells():
            entry = find(number)
            if entry is not None:
                entry.sums[window] -= packed
                if window == ALL and not entry.sums[ALL] and number >= len(self.wholes):
                    self._forget(entry)

    def _let_go(self, spans: int) -> None:
        """Of the first spans, after they were subtracted from all windows."""
        for span in self._spans[:spans]:
            self._past_floors = span.floors
            self._size -= span.size
            for index in range(span.first, span.last + 1):
                self.buckets.pop(index, None)
        del self._spans[:spans]

    def _clear(self) -> None:
        """Nothing of what there is can be in a window any more."""
        self._let_go(len(self._spans))
        for entry in self.wholes:
            entry.sums = [0] * len(self._edges)
        for entries in self.entries:
            for entry in list(entries.values()):
                self._forget(entry)

    def _replace(self, begin: int, end: int, span: Span) -> None:
        self._size += span.size - sum(gone.size for gone in self._spans[begin:end])
        self._spans[begin:end] = [span]

    def _share(self, now: int, edges: Sequence[int]) -> bool:
        """Let neighbours share their cells, until that is enough; False where none may."""
        chosen: set[int] = set()
        for place in neighbours(self._spans, now, edges)[:AT_ONCE]:
            if not chosen & {place - 1, place + 1}:
                chosen.add(place)
        for place in sorted(chosen, reverse=True):
            if self._size > self._max_bytes:
                older, newer = self._spans[place : place + 2]
                self._replace(place, place + 2, older.merged(newer, self._numbered.__contains__))
        return bool(chosen)


_last = attrgetter("last")

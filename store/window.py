"""Closed buckets: what the retention window holds, and what leaves it with each bucket.

A top list reads sliding sums, one entry for a key, to which a bucket is added when it closes and from which it is
subtracted when it leaves. All sums are integers, so that days of this leave no error.

Of a bucket are kept its sums per statistic, and for each key that has an entry a cell: the entry's number, and the
count and total that the bucket added to it. An entry that had to make room (see `store.tally`) is gone with its number,
and its cells mean nothing any more: what they stand for stays in the totals as part of the rest, until it leaves. A key
that comes back gets a new entry with a new number.

Bounds: 2 x `max_keys` entries per statistic; 24 bytes a cell and `max_cells` of them. Where keys are so many that this
does not do (1000 keys in each of 8640 buckets), neighbouring buckets share their cells and leave together when the last
of them is due: their keys lose nothing, and stay some buckets longer. With S statistics the whole takes about

    max_cells x 24 B  +  buckets x (S x 16 B + 350 B)  +  S x 2 x max_keys x (350 B + the key)

which is 95 + 7 + 9 MB for 8640 buckets, 9 statistics, 1000 keys of 100 characters and 4 million cells, and
95 + 9 + 36 MB for 40 statistics. Buckets not yet closed, and the last closed one, take the third term again each.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from store.tally import COUNT, Tally


class Entry:
    """The sums of one key in the window."""

    __slots__ = ("count", "debt", "key", "number", "statistic", "total")

    def __init__(self, statistic: int, key: str, number: int, debt: int) -> None:
        self.statistic = statistic
        self.key = key
        self.number = number
        self.debt = debt
        self.count = 0
        self.total = 0


class Span:
    """The cells of buckets `first` to `last`."""

    __slots__ = ("cells", "first", "floors", "last")

    def __init__(self, first: int, last: int, cells: Sequence[int], floors: tuple[int, ...]) -> None:
        self.first = first
        self.last = last
        self.cells = cells
        """Number of the entry, count and total, and so on."""
        self.floors = floors
        """The floors of the statistics when it was closed."""


class Window:
    """Sums of closed buckets; `weights` says of each statistic whether its keys weigh by COUNT or by TOTAL."""

    def __init__(self, weights: Sequence[int], max_keys: int, max_cells: int) -> None:
        self.sums = [0] * (2 * len(weights))
        """Count and total of each statistic."""
        self.buckets: dict[int, Sequence[int]] = {}
        """The same of each bucket that has any."""
        self.entries: list[dict[str, Entry]] = [{} for _ in weights]
        """By key, for each statistic."""
        self._weights = weights
        self._max_keys = max_keys
        self._max_cells = max_cells
        self._cells = 0
        self._spans: list[Span] = []  # in the order of time
        self._numbered: dict[int, Entry] = {}
        self._last_number = 0
        self._floors = [0] * len(weights)
        self._past_floors: Sequence[int] = tuple(self._floors)  # those of the latest bucket that left

    def fold(self, index: int, tallies: Sequence[Tally]) -> None:
        """Add what the statistics counted in bucket `index`, which may have been added to before."""
        sums = [number for tally in tallies for number in tally.sums()]
        self.sums = [old + new for old, new in zip(self.sums, sums, strict=True)]
        before = self.buckets.get(index, [0] * len(sums))
        self.buckets[index] = _packed(old + new for old, new in zip(before, sums, strict=True))
        cells = self._credit(tallies)
        self._cells += len(cells) // 3
        place = bisect_right(self._spans, index, key=lambda span: span.first)
        if place and self._spans[place - 1].last >= index:
            span = self._spans[place - 1]
            span.cells = _packed([*span.cells, *cells])
        else:
            self._spans.insert(place, Span(index, index, _packed(cells), tuple(self._floors)))

    def drop(self, before: int) -> None:
        """Let the buckets before bucket `before` leave, and keep to the bound of cells."""
        while self._spans and self._spans[0].last < before:
            self._subtract(self._spans.pop(0))
        while self._cells > self._max_cells and len(self._spans) > 1:
            self._merge_two()

    def counts(self, number: int) -> Iterator[tuple[int, int]]:
        """(bucket, how often) of an entry, where it came."""
        for span in self._spans:
            for other, count, _ in _cells(span):
                if other == number:
                    yield span.last, count

    def _credit(self, tallies: Sequence[Tally]) -> list[int]:
        """Add the tallies to the entries of their keys; the cells of those that are still there at the end."""
        credited: list[tuple[int, int, int]] = []
        for statistic, tally in enumerate(tallies):
            entries = self.entries[statistic]
            for key, (count, total) in tally.entries.items():
                entry = entries.get(key) or self._enter(statistic, key)
                entry.count += count
                entry.total += total
                credited.append((entry.number, count, total))
        return [number for cell in credited if cell[0] in self._numbered for number in cell]

    def _enter(self, statistic: int, key: str) -> Entry:
        entries = self.entries[statistic]
        if len(entries) >= 2 * self._max_keys:
            self._make_room(statistic)
        self._last_number += 1
        entry = Entry(statistic, key, self._last_number, self._floors[statistic])
        entries[key] = self._numbered[entry.number] = entry
        return entry

    def _make_room(self, statistic: int) -> None:
        """As in a tally. What the floor rose by in buckets that left is no longer owed."""
        past, by_count = self._past_floors[statistic], self._weights[statistic] == COUNT

        def score(entry: Entry) -> int:
            return (entry.count if by_count else entry.total) + max(entry.debt, past)

        ranked = sorted(self.entries[statistic].values(), key=score, reverse=True)
        leaving = ranked[self._max_keys :]
        self._floors[statistic] = max(self._floors[statistic], score(leaving[0]))
        for entry in leaving:
            self._forget(entry)

    def _forget(self, entry: Entry) -> None:
        del self.entries[entry.statistic][entry.key]
        del self._numbered[entry.number]

    def _subtract(self, span: Span) -> None:
        self._past_floors = span.floors
        self._cells -= len(span.cells) // 3
        for number, count, total in _cells(span):
            entry = self._numbered.get(number)
            if entry is not None:
                entry.count -= count
                entry.total -= total
                if not entry.count:
                    self._forget(entry)
        for index in range(span.first, span.last + 1):
            bucket = self.buckets.pop(index, None)
            if bucket is not None:
                self.sums = [all_ - gone for all_, gone in zip(self.sums, bucket, strict=True)]

    def _merge_two(self) -> None:
        """Let two neighbours share their cells: those that together are the shortest, so that none gets much longer."""
        pairs = list(zip(self._spans, self._spans[1:], strict=False))
        place = min(range(len(pairs)), key=lambda place: pairs[place][1].last - pairs[place][0].first)
        older, newer = pairs[place]
        merged: dict[int, list[int]] = {}
        for span in (older, newer):
            for number, count, total in _cells(span):
                if number in self._numbered:
                    cell = merged.setdefault(number, [number, 0, 0])
                    cell[1] += count
                    cell[2] += total
        cells = _packed(chain.from_iterable(merged.values()))
        self._cells += (len(cells) - len(older.cells) - len(newer.cells)) // 3
        self._spans[place : place + 2] = [Span(older.first, newer.last, cells, newer.floors)]


def _cells(span: Span) -> Iterator[tuple[int, int, int]]:
    numbers = iter(span.cells)
    return zip(numbers, numbers, numbers, strict=True)


def _packed(numbers: Iterable[int]) -> Sequence[int]:
    """In 8 bytes each, as nearly all fit; peers may announce bodies of more than 2^63 bytes."""
    values = list(numbers)
    try:
        return array("q", values)
    except OverflowError:
        return values

"""Windows: sliding sums over the retention and over shorter periods within it.

Each statistic has a row for all its keys together, and one for each key that has a slot in the sketch (see
`store.sketch`). A row has sums and bins for each window: new counts are added, and when a bucket leaves a window
its counts are subtracted again. All are whole numbers, so no error builds up over days. What no row shows is the rest
of the whole. What each bucket added is kept in a block (see `store.block`).

When a key is removed to make room, its row may get another key. What earlier blocks have in that row is then ignored;
it stays in the whole, as part of the rest, until its block leaves.

Bounds: 2 x `max_keys` keys per statistic, and `max_bytes` for the blocks and the bins of the windows. If there are so
many keys that this is too little (1000 keys in each of 8640 buckets), neighbouring buckets are merged into one block
and leave together when the last of them is due: their keys lose nothing, but stay a little longer. If bins take more
than a quarter, the oldest blocks lose their times, and averages and percentiles cover only the time after. With S
statistics and W windows the whole takes about

    1.75 x max_bytes  +  buckets x (S x 40 B + 250 B)  +  S x 2 x max_keys x (W x 225 B + 400 B + the key)

which is 224 + 4 + 24 MiB for 8640 buckets, 11 statistics, 3 windows and 1000 keys of 100 characters; a day of that load
took 228 MiB. The factor 1.75 covers what the allocator loses between arrays of many sizes.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.bins import BINS, Bins, Codes, Hits, starts_of
from store.block import Block, PendingCells, SortedCells, concatenated, merge_candidates
from store.ranking import StatisticSnapshot
from store.sketch import NOWHERE, Sketch, Slots, capacity
from store.sums import AMOUNTS, COUNT, TIME, Cells, KeyedSums, sums_of
from store.trends import Trends

ALL: Final = 0
"""Index of the retention among the windows."""
BEFORE_ALL: Final = -(2**62)
"""A bucket before all others."""
MERGES_AT_ONCE: Final = 32
"""Pairs of blocks merged before the candidates are ranked again."""
MAX_PENDING_BYTES: Final = 2**22
"""Bytes of pending cells that trigger a merge into the open buckets' blocks."""
CODE_BYTES: Final = 16
"""Bytes of a code and its hits."""

Amounts = NDArray[np.int64]


class OpenBucket:
    """A bucket that still accepts records."""

    def __init__(self) -> None:
        self.pending: list[PendingCells] = []
        """Cells not yet merged into `block`."""
        self.block: Block | None = None
        """All earlier cells."""


class Windows:
    """Sums by row. Records are counted in open buckets; a bucket that closes becomes a block.

    `weight_rows` says for each statistic by which row of the sums its keys are ranked. `windows` are lengths in
    buckets, the retention first.
    """

    def __init__(self, weight_rows: Sequence[int], windows: Sequence[int], max_keys: int, max_bytes: int) -> None:
        self.lengths = windows
        """Length of each window in buckets."""
        self.buckets: dict[int, Amounts] = {}
        """For each closed bucket that is not empty, the whole of each statistic: a row of amounts."""
        self.open: dict[int, OpenBucket] = {}
        """The open buckets, by index."""
        # Bytes of all pending cells.
        self._pending_bytes = 0
        self._stride = 1 + capacity(max_keys)
        self._wholes = np.arange(len(weight_rows)) * self._stride
        self._rows = len(weight_rows) * self._stride
        self._sums: Amounts = np.zeros((len(windows) * AMOUNTS, self._rows), np.int64)
        self._bins = [Bins() for _ in windows]
        self.trends = Trends(windows, self._rows)
        # Serial number at which each row got its key.
        self._born = np.zeros(self._rows, np.int64)
        # Rows whose bins are still to be removed.
        self._cleared: list[Slots] = []
        self._sketches = [self._sketch(number, weight_row, max_keys) for number, weight_row in enumerate(weight_rows)]
        # First bucket of each window.
        self._edges = [BEFORE_ALL] * len(windows)
        # Closed buckets, in order of time.
        self._blocks: list[Block] = []
        self._serial = 0
        self._max_bytes = max_bytes
        # Bytes of the closed blocks.
        self._bytes = 0

    # Out --------------------------------------------------------------------------------------------------------------

    @property
    def first(self) -> int | None:
        """Earliest closed bucket."""
        return self._blocks[0].first if self._blocks else None

    def row(self, number: int, key: str | None) -> int | None:
        """Return the row of a key, or of all keys together; None if the key has no slot."""
        slot = -1 if key is None else self._sketches[number].slots.get(key)
        return None if slot is None else number * self._stride + 1 + slot

    def snapshot(self, number: int, window: int) -> StatisticSnapshot:
        """Return one statistic's snapshot of a window."""
        self._merge_pending()
        sketch, whole, bins = self._sketches[number], int(self._wholes[number]), self._bins[window]
        sums, rows = self._sums_of(window), sketch.held() + whole + 1
        every = sums_of(sums[:, whole], bins.of(whole))
        return StatisticSnapshot(list(sketch.slots), sums[:, rows], lambda place: bins.of(int(rows[place])), every)

    def split(self, number: int, cells: SortedCells) -> tuple[KeyedSums, KeyedSums]:
        """Return the cells of a statistic by key, and the cell of all its keys together, if there is any."""
        whole, keys = int(self._wholes[number]), self._sketches[number].keys
        return _keyed(cells, whole + 1, whole + self._stride, keys), _keyed(cells, whole, whole + 1, [""])

    def cells(self, block: Block | None) -> SortedCells:
        """Return the cells of a block whose rows still have the same key; None stands for an empty block."""
        nothing = np.zeros(0, np.int64)
        return (
            SortedCells(nothing, np.zeros((AMOUNTS, 0), np.int64), nothing, nothing)
            if block is None
            else block.live_cells(self._born)
        )

    def block(self, index: int) -> Block | None:
        """Return the block of a closed bucket; None if the bucket was empty or is merged with its neighbours."""
        place = bisect_left(self._blocks, index, key=_last)
        found = self._blocks[place] if place < len(self._blocks) else None
        return found if found and found.first == index == found.last else None

    def counts(self, row: int, first: int) -> Iterator[tuple[Block, int]]:
        """Iterate over the blocks that end with bucket `first` or later, with the count of a row in each."""
        for block in islice(self._blocks, bisect_left(self._blocks, first, key=_last), None):
            if self._born[row] <= block.serial and (count := block.count_of(row)):
                yield block, count

    def open_count(self, number: int) -> int:
        """Return the count of all keys of a statistic in the open buckets."""
        self._merge_pending()
        whole = int(self._wholes[number])
        return sum(bucket.block.count_of(whole) for bucket in self.open.values() if bucket.block)

    @property
    def open_bytes(self) -> int:
        """Bytes held for open buckets."""
        return self._pending_bytes + sum(bucket.block.size for bucket in self.open.values() if bucket.block)

    # In ---------------------------------------------------------------------------------------------------------------

    def add(self, buckets: Sequence[int], counted: Mapping[int, Cells]) -> None:
        """Count cells, by index of the statistic, in open buckets; a cell's bucket is an index into `buckets`."""
        cells = concatenated([self._pending_cells(number, cells) for number, cells in counted.items()])
        for index, part in zip(buckets, self._by_bucket(cells, len(buckets)), strict=True):
            if len(part.rows):
                self.open.setdefault(index, OpenBucket()).pending.append(part)
        self._pending_bytes += cells.size
        if self._pending_bytes > MAX_PENDING_BYTES:
            self._merge_pending()

    def _pending_cells(self, number: int, cells: Cells) -> PendingCells:
        """Convert keys to rows. Cells without a key go to the row of the whole."""
        named = len(cells.keys)
        rows = cells.buckets * self._rows + self._wholes[number]
        rows[:named] += self._sketches[number].add(cells.keys, cells.amounts[:, :named]) - NOWHERE
        return PendingCells(rows, cells.amounts, rows[cells.places] * BINS + cells.bins, cells.hits)

    def _by_bucket(self, cells: PendingCells, buckets: int) -> Iterator[PendingCells]:
        """Split the cells by bucket."""
        if buckets == 1:
            yield cells
            return
        order, codes, hits = np.argsort(cells.rows), np.sort(cells.codes), None
        if cells.hits is not None:
            code_order = np.argsort(cells.codes)
            codes, hits = cells.codes[code_order], cells.hits[code_order]
        rows, amounts = cells.rows[order], cells.amounts[:, order]
        edges = np.arange(buckets + 1) * self._rows
        ends, code_ends = np.searchsorted(rows, edges).tolist(), np.searchsorted(codes, edges * BINS).tolist()
        for place, edge in enumerate(edges[:-1].tolist()):
            own, its = slice(*ends[place : place + 2]), slice(*code_ends[place : place + 2])
            kept_hits = None if hits is None else hits[its]
            yield PendingCells(rows[own] - edge, amounts[:, own], codes[its] - edge * BINS, kept_hits)

    def _merge_pending(self) -> None:
        """Merge the pending cells into their buckets' blocks."""
        if not self._pending_bytes:
            return
        self._pending_bytes = 0
        self._remove_cleared_bins()
        for index, bucket in self.open.items():
            if bucket.pending:
                cells = self._with_wholes(SortedCells.merged(bucket.pending))
                bucket.pending = []
                self._add_open(index, cells)
                block = Block.build(index, index, self._serial, self._floors(), cells)
                bucket.block = Block.merged((bucket.block, block), self._serial, self._born) if bucket.block else block

    def _add_open(self, index: int, cells: SortedCells) -> None:
        # The sketches have already counted the keys.
        keyless = cells.amounts * (cells.rows % self._stride == 0)
        self._add_cells(ALL, cells._replace(amounts=keyless), 1)
        for window in range(1, len(self._edges)):
            if index >= self._edges[window]:
                self._add_cells(window, cells, 1)

    def _with_wholes(self, cells: SortedCells) -> SortedCells:
        """Fill in the row of the whole, the first of each statistic, with the sum of all its rows."""
        statistics = cells.rows // self._stride
        starts = starts_of(statistics)
        wholes = statistics[starts] * self._stride
        lacking = cells.rows[starts] != wholes
        sums = np.add.reduceat(cells.amounts, starts, axis=1)
        rows = np.insert(cells.rows, starts[lacking], wholes[lacking])
        amounts = np.insert(cells.amounts, starts[lacking], 0, axis=1)
        amounts[:, starts + np.cumsum(lacking) - lacking] = sums
        return SortedCells(rows, amounts, *self._with_whole_bins(cells.codes, cells.hits))

    def _with_whole_bins(self, codes: Codes, hits: Hits) -> tuple[Codes, Hits]:
        rows, bins = codes // BINS, codes % BINS
        keyed = rows % self._stride != 0
        every = np.bincount(rows // self._stride * BINS + bins, hits, len(self._wholes) * BINS).astype(np.int64)
        found = np.flatnonzero(every)
        wholes = self._wholes[found // BINS] * BINS + found % BINS
        kept, places = codes[keyed], np.searchsorted(codes[keyed], wholes)
        return np.insert(kept, places, wholes), np.insert(hits[keyed], places, every[found])

    def close(self, index: int) -> Block:
        """Turn an open bucket into a block, merged into the block that already covers it, if there is one."""
        self._merge_pending()
        block = self.open.pop(index).block
        assert block is not None
        cells = block.live_cells(self._born)
        self.trends.add(index, cells.rows, cells.amounts[COUNT])
        every = cells.rows % self._stride == 0
        sums = np.zeros((len(self._wholes), AMOUNTS), np.int64)
        sums[cells.rows[every] // self._stride] = cells.amounts[:, every].T
        self.buckets[index] = self.buckets[index] + sums if index in self.buckets else sums
        place = bisect_left(self._blocks, index, key=_last)
        if place < len(self._blocks) and (other := self._blocks[place]).first <= index:
            for window, edge in enumerate(self._edges):
                # The merged block leaves later than this bucket alone would.
                if index < edge <= other.last:
                    self._add_cells(window, cells, 1)
            self._replace(place, place + 1, Block.merged((other, block), self._serial, self._born))
        else:
            self._replace(place, place, block)
        return block

    def _floors(self) -> tuple[int, ...]:
        return tuple(sketch.floor for sketch in self._sketches)

    def _sketch(self, number: int, weight_row: int, max_keys: int) -> Sketch:
        first = number * self._stride + 1
        sums = self._sums_of(ALL)[:, first : first + self._stride - 1]
        return Sketch(max_keys, sums, weight_row, lambda slots: self._clear(slots + first))

    def _clear(self, rows: Slots) -> None:
        """Forget what these rows hold: they may get another key."""
        self._merge_pending()
        self._serial += 1
        self._sums[:, rows] = 0
        self.trends.clear(rows)
        self._born[rows] = self._serial
        self._cleared.append(rows)

    def _remove_cleared_bins(self) -> None:
        if self._cleared:
            marked = np.zeros(self._rows, np.bool_)
            marked[np.concatenate(self._cleared)] = True
            self._cleared = []
            for bins in self._bins:
                bins.pop(marked)

    # What leaves ------------------------------------------------------------------------------------------------------

    def drop(self, now: int, edges: Sequence[int]) -> None:
        """Remove the buckets before each window's edge, and enforce the bounds. `now` is the last closed bucket."""
        if self._blocks and not self.open and self._blocks[-1].last < min(edges):
            # The same as removing them one by one.
            self._sums[:, self._sums.any(axis=0)] = 0
            self._bins = [Bins() for _ in self._bins]
            self._delete_blocks(len(self._blocks))
        # The retention comes last, because its blocks are deleted.
        for window in reversed(range(len(edges))):
            self._advance(window, edges[window])
        while self._bytes + CODE_BYTES * sum(map(len, self._bins)) > self._max_bytes:
            bins = CODE_BYTES * sum(len(its.all()[0]) for its in self._bins)
            if self._bytes + bins <= self._max_bytes:
                break
            if not (bins <= self._max_bytes // 4 and self._merge_neighbours(now, edges)) and not self._forget_times():
                break

    def _advance(self, window: int, edge: int) -> None:
        """Move the start of a window to bucket `edge`."""
        begin = bisect_left(self._blocks, self._edges[window], key=_last)
        end = bisect_left(self._blocks, edge, key=_last)
        self._edges[window] = max(edge, self._edges[window])
        for block in self._blocks[begin:end]:
            self._add_cells(window, block.live_cells(self._born), -1)
        if window == ALL and end:
            self._delete_blocks(end)

    def _add_cells(self, window: int, cells: SortedCells, sign: int) -> None:
        self._sums_of(window)[:, cells.rows] += sign * cells.amounts
        self._bins[window].add(cells.codes, sign * cells.hits)

    def _sums_of(self, window: int) -> Amounts:
        """Return the sums of one window, with the rows of `store.sums`."""
        return self._sums[AMOUNTS * window : AMOUNTS * (window + 1)]

    def _delete_blocks(self, blocks: int) -> None:
        """Delete the first blocks, after they were subtracted from all windows."""
        self._serial += 1
        for block in self._blocks[:blocks]:
            self._bytes -= block.size
            for index in range(block.first, block.last + 1):
                self.buckets.pop(index, None)
        for sketch, floor in zip(self._sketches, self._blocks[blocks - 1].floors, strict=True):
            sketch.settled_floor = floor
            held = sketch.held()
            empty = held[~sketch.sums[:, held].any(axis=0)]
            if len(empty):
                sketch.release(empty)
        del self._blocks[:blocks]

    def _forget_times(self) -> bool:
        """Drop the times of the oldest block that has any; return False if none has."""
        place = next((place for place, block in enumerate(self._blocks) if len(block.codes)), None)
        if place is None:
            return False
        block = self._blocks[place]
        rows, amounts, codes, hits = block.live_cells(self._born)
        only = np.where(np.arange(AMOUNTS) == TIME, 1, 0)[:, None]
        for window, edge in enumerate(self._edges):
            if block.last >= edge:
                self._add_cells(window, SortedCells(rows, amounts * only, codes, hits), -1)
        self._replace(place, place + 1, block.without_times())
        return True

    def _merge_neighbours(self, now: int, edges: Sequence[int]) -> bool:
        """Merge a round of neighbouring blocks; return False if none may be merged."""
        chosen: set[int] = set()
        for place in merge_candidates(self._blocks, now, (*edges, now))[:MERGES_AT_ONCE]:
            if not chosen & {place - 1, place + 1}:
                chosen.add(place)
        for place in sorted(chosen, reverse=True):
            self._replace(place, place + 2, Block.merged(self._blocks[place : place + 2], self._serial, self._born))
        return bool(chosen)

    def _replace(self, begin: int, end: int, block: Block) -> None:
        self._bytes += block.size - sum(gone.size for gone in self._blocks[begin:end])
        self._blocks[begin:end] = [block]


_last = attrgetter("last")


def _keyed(cells: SortedCells, first: int, end: int, keys: Sequence[str]) -> KeyedSums:
    """Return the cells of the rows from `first` up to `end`, which have these keys."""
    begin, stop = np.searchsorted(cells.rows, (first, end))
    low, high = np.searchsorted(cells.codes, (first * BINS, end * BINS))
    rows, codes = cells.rows[begin:stop] - first, cells.codes[low:high] - first * BINS
    places = np.zeros(end - first, np.int64)
    places[rows] = np.arange(len(rows))
    codes = places[codes // BINS] * BINS + codes % BINS
    return KeyedSums([keys[row] for row in rows.tolist()], cells.amounts[:, begin:stop], codes, cells.hits[low:high])

"""Blocks: what each bucket added to each row of the window, so that it can be subtracted again.

A block is part of a bucket, a whole bucket, or several neighbouring buckets merged because memory was short; merged
buckets leave the window together. `merge_candidates` picks which: the older the blocks, the more of them may be merged,
so no window is off by more than a small fraction of its length. Each column is as narrow as its numbers allow: a cell
takes about 16 bytes.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from store.bins import BINS, starts_of, summed
from store.sums import COUNT, TIME

OVERHEAD: Final = 1300
"""Bytes a block takes without its cells."""


class PendingCells(NamedTuple):
    """Cells of rows in the order they arrived; a row may occur twice."""

    rows: NDArray[np.int64]
    amounts: NDArray[np.int64]
    """One column per row, with the rows of `store.sums`."""
    codes: NDArray[np.int64]
    """The bins that were hit: row x BINS + bin."""
    hits: NDArray[np.int64] | None
    """How often each code was hit; None if each was hit once."""

    @property
    def size(self) -> int:
        """Size of the columns in bytes."""
        return sum(column.nbytes for column in self if column is not None)


class SortedCells(NamedTuple):
    """Cells of rows, each row once and in ascending order."""

    rows: NDArray[np.int64]
    amounts: NDArray[np.int64]
    """One column per row, with the rows of `store.sums`."""
    codes: NDArray[np.int64]
    """The bins that were hit: row x BINS + bin."""
    hits: NDArray[np.int64]

    @classmethod
    def merged(cls, parts: "Sequence[PendingCells | SortedCells]") -> "SortedCells":
        """Add up the cells of all parts."""
        rows, amounts, codes, hits = concatenated(parts)
        order = np.argsort(rows)
        starts = starts_of(rows := rows[order])
        sums = np.add.reduceat(amounts[:, order], starts, axis=1) if len(rows) else amounts
        return cls(rows[starts], sums, *summed(codes, hits))


def concatenated(parts: Sequence[PendingCells | SortedCells]) -> PendingCells:
    """Concatenate the cells of all parts."""
    rows = np.concatenate([part.rows for part in parts])
    amounts = np.concatenate([part.amounts for part in parts], axis=1)
    codes = np.concatenate([part.codes for part in parts])
    if all(part.hits is None for part in parts):
        return PendingCells(rows, amounts, codes, None)
    hits = [np.ones(len(part.codes), np.int64) if part.hits is None else part.hits for part in parts]
    return PendingCells(rows, amounts, codes, np.concatenate(hits))


class Block(NamedTuple):
    """What buckets `first` to `last` added to the window."""

    first: int
    last: int
    serial: int
    """The window's serial number when the block was made. A row that got its key later is not the row meant here."""
    floors: Sequence[int]
    """The floor of each statistic's sketch at that time."""
    rows: NDArray[Any]
    amounts: Sequence[NDArray[Any]]
    codes: NDArray[Any]
    hits: NDArray[Any]

    @classmethod
    def build(cls, first: int, last: int, serial: int, floors: Sequence[int], cells: SortedCells) -> "Block":
        """Pack sorted cells into narrow columns."""
        rows, amounts, codes, hits = cells
        return cls(first, last, serial, floors, narrow(rows), tuple(map(narrow, amounts)), narrow(codes), narrow(hits))

    @classmethod
    def merged(cls, blocks: Sequence["Block"], serial: int, born: NDArray[np.int64]) -> "Block":
        """Merge several blocks into one."""
        cells = SortedCells.merged([block.live_cells(born) for block in blocks])
        first, latest = min(block.first for block in blocks), max(blocks, key=lambda block: block.last)
        return cls.build(first, latest.last, serial, latest.floors, cells)

    @property
    def size(self) -> int:
        """Approximate size in bytes."""
        return OVERHEAD + sum(column.nbytes for column in (self.rows, *self.amounts, self.codes, self.hits))

    def count_of(self, row: int) -> int:
        """Return the count of a row, 0 if it is not in the block."""
        place = int(np.searchsorted(self.rows, row))
        return int(self.amounts[COUNT][place]) if place < len(self.rows) and self.rows[place] == row else 0

    def live_cells(self, born: NDArray[np.int64]) -> SortedCells:
        """Return the cells of rows that still have the same key. `born` is the serial number when each row got it."""
        kept, codes = born[self.rows] <= self.serial, self.codes.astype(np.int64)
        there = born[codes // BINS] <= self.serial
        amounts = np.array([column[kept] for column in self.amounts], np.int64)
        return SortedCells(self.rows[kept].astype(np.int64), amounts, codes[there], self.hits[there].astype(np.int64))

    def without_times(self) -> "Block":
        """Return the block as if nothing in it had been timed."""
        nothing = np.zeros(0, np.uint8)
        amounts = [np.zeros(len(self.rows), np.uint8) if row == TIME else its for row, its in enumerate(self.amounts)]
        return self._replace(amounts=amounts, codes=nothing, hits=nothing)


def narrow(values: NDArray[Any]) -> NDArray[Any]:
    """Store the values in the smallest integer type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def merge_candidates(blocks: Sequence[Block], now: int, edges: Iterable[int]) -> list[int]:
    """Return the indexes of blocks to merge with the next one, best candidates first.

    The best are those that span the least time for their age. A pair never straddles an edge, where a window begins.
    """
    barred = {bisect_left(blocks, edge, key=lambda one: one.last) - 1 for edge in edges}
    scores = [
        ((newer.last - older.first) / (now - newer.last + 1), place)
        for place, (older, newer) in enumerate(pairwise(blocks))
        if place not in barred
    ]
    return [place for _, place in sorted(scores)]

"""Buckets: what each added to each row of the window, by which it leaves the window again.

A block is a part of a bucket, a bucket, or neighbours that are together because memory was short: those are counted,
and leave, together. Which ones is up to `neighbours`: the older they are, the more may be together, so that no window
is off by more than a small part of its length. Each column is as narrow as its numbers allow: a cell takes some 16
bytes.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from store.bins import BINS, added, starts_of
from store.sums import COUNT, TIME

OVERHEAD: Final = 1300
"""Bytes of a block without its cells."""


class Loose(NamedTuple):
    """Cells of rows as they came: in any order, and a row may come twice."""

    rows: NDArray[np.int64]
    amounts: NDArray[np.int64]
    """A column for each row: COUNT, BYTES and TIME."""
    codes: NDArray[np.int64]
    """The bins that were hit: row x BINS + number of the bin."""
    hits: NDArray[np.int64] | None
    """How often each was; None where each is one time."""

    @property
    def size(self) -> int:
        """Bytes of the columns."""
        return sum(column.nbytes for column in self if column is not None)


class Meant(NamedTuple):
    """Cells of rows: each row once, and all in order."""

    rows: NDArray[np.int64]
    amounts: NDArray[np.int64]
    """A column for each row: COUNT, BYTES and TIME."""
    codes: NDArray[np.int64]
    """The bins that were hit: row x BINS + number of the bin."""
    hits: NDArray[np.int64]

    @classmethod
    def together(cls, parts: "Sequence[Loose | Meant]") -> "Meant":
        """All of them."""
        rows, amounts, codes, hits = joined(parts)
        order = np.argsort(rows)
        starts = starts_of(rows := rows[order])
        sums = np.add.reduceat(amounts[:, order], starts, axis=1) if len(rows) else amounts
        return cls(rows[starts], sums, *added(codes, hits))


def joined(parts: Sequence[Loose | Meant]) -> Loose:
    """All parts, one after the other."""
    rows = np.concatenate([part.rows for part in parts])
    amounts = np.concatenate([part.amounts for part in parts], axis=1)
    codes = np.concatenate([part.codes for part in parts])
    if all(part.hits is None for part in parts):
        return Loose(rows, amounts, codes, None)
    hits = [np.ones(len(part.codes), np.int64) if part.hits is None else part.hits for part in parts]
    return Loose(rows, amounts, codes, np.concatenate(hits))


class Block(NamedTuple):
    """What buckets `first` to `last` added."""

    first: int
    last: int
    serial: int
    """When it was made: rows that got another key since are not meant."""
    floors: Sequence[int]
    """Of the statistics' sketches then."""
    rows: NDArray[Any]
    amounts: Sequence[NDArray[Any]]
    codes: NDArray[Any]
    hits: NDArray[Any]

    @classmethod
    def made(cls, first: int, last: int, serial: int, floors: Sequence[int], cells: Meant) -> "Block":
        """Of cells that are in order."""
        rows, amounts, codes, hits = cells
        return cls(first, last, serial, floors, narrow(rows), tuple(map(narrow, amounts)), narrow(codes), narrow(hits))

    @classmethod
    def merged(cls, blocks: Sequence["Block"], serial: int, born: NDArray[np.int64]) -> "Block":
        """Several as one."""
        cells = Meant.together([block.meant(born) for block in blocks])
        first, latest = min(block.first for block in blocks), max(blocks, key=lambda block: block.last)
        return cls.made(first, latest.last, serial, latest.floors, cells)

    @property
    def size(self) -> int:
        """Bytes, about."""
        return OVERHEAD + sum(column.nbytes for column in (self.rows, *self.amounts, self.codes, self.hits))

    def count_of(self, row: int) -> int:
        """How often a row came."""
        place = int(np.searchsorted(self.rows, row))
        return int(self.amounts[COUNT][place]) if place < len(self.rows) and self.rows[place] == row else 0

    def meant(self, born: NDArray[np.int64]) -> Meant:
        """Its cells of rows that still have the key that they had, which none has that was `born` later."""
        kept, codes = born[self.rows] <= self.serial, self.codes.astype(np.int64)
        there = born[codes // BINS] <= self.serial
        amounts = np.array([column[kept] for column in self.amounts], np.int64)
        return Meant(self.rows[kept].astype(np.int64), amounts, codes[there], self.hits[there].astype(np.int64))

    def without_times(self) -> "Block":
        """The same as if nothing had been timed."""
        nothing = np.zeros(0, np.uint8)
        amounts = [np.zeros(len(self.rows), np.uint8) if row == TIME else its for row, its in enumerate(self.amounts)]
        return self._replace(amounts=amounts, codes=nothing, hits=nothing)


def narrow(values: NDArray[Any]) -> NDArray[Any]:
    """In as few bytes each as they need."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def neighbours(blocks: Sequence[Block], now: int, edges: Iterable[int]) -> list[int]:
    """Places of those that can best be one with the next, the best first.

    They have the shortest length for their age. None are on both sides of an edge, where a window begins.
    """
    barred = {bisect_left(blocks, edge, key=lambda one: one.last) - 1 for edge in edges}
    scores = [
        ((newer.last - older.first) / (now - newer.last + 1), place)
        for place, (older, newer) in enumerate(pairwise(blocks))
        if place not in barred
    ]
    return [place for _, place in sorted(scores)]

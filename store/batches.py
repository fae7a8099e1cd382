"""The rows of one table of a batch: the bucket of each, groups of equal rows, and the sums of such groups.

Results that several statistics need are computed once.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from math import inf
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from store.bins import BINS
from store.distribution import HIGHEST, NOT_TIMED, bins_of
from store.sums import AMOUNTS, BYTES, CLIENT_ERRORS, COUNT, NANOSECONDS, SERVER_ERRORS, TIME, Cells
from traffic.batch import ABSENT, FLOATS, TEXTS, Batch, Table, Texts, failed_calls
from traffic.records import Exchange

LATEST: Final = 1e11
"""The year 5138. A later time is corrupt."""
MOST_BYTES: Final = 2**40
"""Maximum bytes counted for one record, so that a sum has room for 8 million such records."""
MAX_CODES_PER_ROW: Final = 16
"""Up to this many codes per row, codes are looked up in a table instead of being sorted."""

T = TypeVar("T")


class Groups(NamedTuple):
    """Rows grouped by equal values."""

    rows: NDArray[Any] | None
    """The rows that count; None for all."""
    numbers: NDArray[Any]
    """The group number of each of these rows."""
    firsts: NDArray[Any]
    """The index of one row of each group."""


class RowAmounts(NamedTuple):
    """What each row adds to the sums, besides its count."""

    size: NDArray[np.float64] | None = None
    """Bytes."""
    nanoseconds: NDArray[np.float64] | None = None
    bins: NDArray[np.int64] | None = None
    """The bin of each of these times, or NOT_TIMED."""
    client_errors: NDArray[np.float64] | None = None
    """1 for a 4xx response; None if there is none. `server_errors` is the same for 5xx and failed gRPC calls."""
    server_errors: NDArray[np.float64] | None = None


class GroupedCells(NamedTuple):
    """Sums by bucket and group."""

    groups: NDArray[Any] | None
    """The group number of each cell; None where it equals the cell's index."""
    cells: Cells
    """One cell for each group in each bucket, without keys."""

    def keyed(self, keys: Sequence[str | None]) -> Cells:
        """Return the cells with the keys of their groups, without those whose key is None."""
        own = keys if self.groups is None else [keys[group] for group in self.groups.tolist()]
        found = [key for key in own if key is not None]
        if len(found) == len(own):
            return self.cells._replace(keys=found)
        _, buckets, amounts, places, bins, hits = self.cells
        kept = np.array([key is not None for key in own], np.bool_)
        numbers, there = np.cumsum(kept) - 1, kept[places]
        return Cells(found, buckets[kept], amounts[:, kept], numbers[places[there]], bins[there], hits)


class BucketedBatch:
    """A batch split into buckets. Stores with the same bucket size share its computed results."""

    def __init__(self, batch: Batch, bucket_size: float) -> None:
        self.bucket_size = bucket_size
        self._batch = batch
        self._rows: dict[type, BucketedTable] = {}

    def __len__(self) -> int:
        return len(self._batch)

    def table(self, kind: type) -> Table:
        """See `Batch`."""
        return self._batch.table(kind)

    def records(self) -> list[Any]:
        """See `Batch`."""
        return self._batch.records()

    def rows(self, kind: type, oldest: float) -> "BucketedTable":
        """Return the records of a type, without those from before bucket `oldest`."""
        if kind not in self._rows:
            self._rows[kind] = BucketedTable(self._batch, kind, self.bucket_size)
        rows = self._rows[kind]
        too_old = rows.buckets and rows.buckets[0] < oldest
        return BucketedTable(self._batch, kind, self.bucket_size, oldest) if too_old else rows


class BucketedTable:
    """The records of type `kind` in a batch."""

    def __init__(self, batch: Batch, kind: type, bucket_size: float, oldest: float = -inf) -> None:
        self.kind = kind
        self.table = batch.table(kind)
        """Columns of the records."""
        self._kept: dict[Any, Any] = {}
        with np.errstate(invalid="ignore"):
            indexes = np.floor_divide(self._times(), bucket_size)
        rejected = ~(np.abs(indexes) * bucket_size <= LATEST) | (indexes < oldest)
        self.rejected = int(np.count_nonzero(rejected))
        """Rows from before bucket `oldest`, or without a plausible time. They do not count."""
        self._counts = ~rejected if self.rejected else None
        found, self._places = _distinct(np.where(rejected, np.nan, indexes) if self.rejected else indexes)
        self.buckets: list[int] = found[~np.isnan(found)].astype(np.int64).tolist()
        """Numbers of the buckets that occur, ascending."""

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def records(self) -> list[Any]:
        """One record per row."""
        return self.table.records()

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column of numbers."""
        return self.table.numbers(name)

    def cached(self, name: Any, compute: Callable[[], T]) -> T:
        """Return the result stored under that name; compute it if there is none."""
        if name not in self._kept:
            self._kept[name] = compute()
        kept: T = self._kept[name]
        return kept

    # Groups -----------------------------------------------------------------------------------------------------------

    def selected(self, counts: NDArray[np.bool_] | None) -> NDArray[Any] | None:
        """Return the rows that are in a bucket and for which `counts` is True; None for all rows."""
        if counts is None:
            counts = self._counts
        elif self._counts is not None:
            counts = counts & self._counts
        return None if counts is None else np.flatnonzero(counts)

    def groups(self, columns: Sequence[str], rows: NDArray[Any] | None) -> Groups:
        """Group rows that are equal in all of these columns."""
        size = len(self) if rows is None else len(rows)
        codes, number = np.zeros(size, np.int32), 1
        for name in columns:
            own, span = self._coded(name)
            own = own if rows is None else own[rows]
            if number == 1:
                codes, number = own, span
                continue
            if number * span > MAX_CODES_PER_ROW * size + BINS:  # only a few of the possible combinations occur
                codes, firsts = _grouped(codes, number)
                number = len(firsts)
            codes, number = codes.astype(np.int64) * span + own, number * span
        numbers, firsts = _grouped(codes, number)
        return Groups(rows, numbers, firsts if rows is None else rows[firsts])

    def values(self, columns: Sequence[str], rows: NDArray[Any]) -> list[list[Any]]:
        """Return the values of some rows, column by column; None for absent ones."""
        return [self._values(name, rows) for name in columns]

    def _values(self, name: str, rows: NDArray[Any]) -> list[Any]:
        if name in TEXTS.get(self.kind, ()):
            codes, _ = self.table.texts(name)
            texts = self.cached(("texts", name), lambda: [*self.table.texts(name).values, None])
            return list(map(texts.__getitem__, codes[rows].tolist()))
        values = self.numbers(name)[rows]
        absent = values == ABSENT if values.dtype == np.int64 else np.isnan(values)
        found: list[Any] = values.tolist()
        for place in np.flatnonzero(absent).tolist():
            found[place] = None
        return found

    def _coded(self, name: str) -> tuple[NDArray[Any], int]:
        """Return a code for each row that identifies its value in a column, and the number of possible codes."""
        return self.cached(("codes", name), lambda: self._codes(name))

    def _codes(self, name: str) -> tuple[NDArray[Any], int]:
        if name in TEXTS.get(self.kind, ()):
            texts: Texts = self.table.texts(name)
            return texts.codes + 1, len(texts.values) + 1
        numbers = self.numbers(name)
        if len(numbers) and numbers.dtype == np.int64:
            lowest, highest = int(numbers.min()), int(numbers.max())
            if highest - lowest < MAX_CODES_PER_ROW * len(numbers) + BINS:
                return numbers - lowest, highest - lowest + 1
        found, codes = _distinct(numbers)
        return codes, len(found)

    # Sums -------------------------------------------------------------------------------------------------------------

    def cells(self, groups: Groups, amounts: RowAmounts, counted: bool) -> GroupedCells:
        """Return the sums of groups in each bucket. With `counted`, each row adds one to the count."""
        size, nanoseconds, bins, client_errors, server_errors = (
            amounts if groups.rows is None else (None if each is None else each[groups.rows] for each in amounts)
        )
        numbers, own, buckets = self._cells(groups)
        sums = np.zeros((AMOUNTS, len(buckets)), np.int64)
        if counted:
            sums[COUNT] = np.bincount(numbers, minlength=len(buckets))
        weights = ((BYTES, size), (TIME, nanoseconds), (CLIENT_ERRORS, client_errors), (SERVER_ERRORS, server_errors))
        for row, values in weights:
            if values is not None:
                sums[row] = np.bincount(numbers, values, len(buckets))
        if bins is None:
            return GroupedCells(own, Cells([], buckets, sums, NONE, NONE))
        timed = bins != NOT_TIMED
        return GroupedCells(own, Cells([], buckets, sums, numbers[timed], bins[timed]))

    def _cells(self, groups: Groups) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any]]:
        """Return the cell number of each row; the group, as in `GroupedCells`, and the bucket of each cell."""
        number = len(groups.firsts)
        if len(self.buckets) == 1:
            return groups.numbers, None, np.zeros(number, np.int64)
        places = self._places if groups.rows is None else self._places[groups.rows]
        cells, firsts = _grouped(places * number + groups.numbers, number * len(self.buckets))
        return cells, groups.numbers[firsts], places[firsts]

    @cached_property
    def response(self) -> RowAmounts:
        """Bytes, response times and errors of exchanges; nothing for other records."""
        if self.kind is not Exchange:
            return RowAmounts()
        classes, failed = self.numbers("status") // 100, failed_calls(self.table)
        errors = _marked((classes == 4) & ~failed), _marked((classes == 5) | failed)
        times = self.timed("response_time")
        return RowAmounts(self.size("response_bytes").size, times.nanoseconds, times.bins, *errors)

    def timed(self, name: str) -> RowAmounts:
        """Return a column of seconds as amounts."""
        return self.cached(("timed", name), lambda: timed(self.numbers(name)))

    def size(self, name: str) -> RowAmounts:
        """Return a column of bytes as amounts."""
        return self.cached(("size", name), lambda: sized(self.numbers(name)))

    def _times(self) -> NDArray[np.float64]:
        if self.kind in FLOATS:
            return self.table.numbers("time")
        return np.fromiter(map(attrgetter("time"), self.records), np.float64, len(self))


NONE: Final[NDArray[np.int64]] = np.zeros(0, np.int64)


def _marked(found: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Return 1 for each row that was found, 0 for others; None if there is none."""
    return found.astype(np.float64) if found.any() else None


def timed(seconds: NDArray[Any]) -> RowAmounts:
    """Convert seconds to amounts. Negative times, as after a clock was set back, count as 0."""
    known = np.nan_to_num(np.clip(seconds, 0.0, HIGHEST))
    return RowAmounts(None, np.rint(known * NANOSECONDS), bins_of(seconds))


def sized(size: NDArray[Any]) -> RowAmounts:
    """Convert bytes to amounts, rounded and not below 0."""
    return RowAmounts(np.rint(np.clip(size, 0.0, MOST_BYTES)))


def _distinct(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the distinct values in ascending order, and for each row the index of its value."""
    if len(values) and (values == values[0]).all():
        return values[:1], np.zeros(len(values), np.int64)
    found, places = np.unique(values, return_inverse=True)
    return found, places


def _grouped(codes: NDArray[Any], number: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Group rows with equal codes, in ascending order: return the group of each row, and one row of each group."""
    if number > MAX_CODES_PER_ROW * len(codes) + BINS:
        _, firsts, numbers = np.unique(codes, return_index=True, return_inverse=True)
        return numbers, firsts
    places = np.full(number, -1, np.intp)
    places[codes] = np.arange(len(codes))
    found = np.flatnonzero(places >= 0)
    firsts = places[found]
    places[found] = np.arange(len(found))
    return places[codes], firsts

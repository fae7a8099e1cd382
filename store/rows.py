"""The rows of one table of a batch: which bucket each is of, which have the same texts, and what such groups add up to.

What several statistics ask for is worked out once.
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
from store.sums import BYTES, COUNT, NANOSECONDS, TIME, Cells
from traffic.batch import ABSENT, FLOATS, TEXTS, Batch, Table, Texts
from traffic.records import Exchange

LATEST: Final = 1e11
"""The year 5138. A time beyond it is damage."""
MOST_BYTES: Final = 2**40
"""Of one record. What is more counts as that, so that sums have room for 8 million such."""
ROOMY: Final = 16
"""Times as many codes as rows: as long as there may be no more, they are looked up in a table and not sorted."""

T = TypeVar("T")


class Groups(NamedTuple):
    """Rows by what they have in common."""

    rows: NDArray[Any] | None
    """The rows that count; None for all."""
    numbers: NDArray[Any]
    """Of each of these the number of its group."""
    firsts: NDArray[Any]
    """Of each group the place of one of its rows."""


class Amounts(NamedTuple):
    """Of each row."""

    size: NDArray[np.float64] | None = None
    """Bytes."""
    nanoseconds: NDArray[np.float64] | None = None
    bins: NDArray[np.int64] | None = None
    """Of these times, or NOT_TIMED."""


class Sheet(NamedTuple):
    """Sums by bucket and group."""

    groups: NDArray[Any] | None
    """Of each cell the number of its group; None where that is its place."""
    cells: Cells
    """One for each group in each bucket, without keys."""

    def keyed(self, keys: Sequence[str | None]) -> Cells:
        """With the keys of the groups, and without those whose key is None."""
        own = keys if self.groups is None else [keys[group] for group in self.groups.tolist()]
        found = [key for key in own if key is not None]
        if len(found) == len(own):
            return self.cells._replace(keys=found)
        _, buckets, amounts, places, bins, hits = self.cells
        kept = np.array([key is not None for key in own], np.bool_)
        numbers, there = np.cumsum(kept) - 1, kept[places]
        return Cells(found, buckets[kept], amounts[:, kept], numbers[places[there]], bins[there], hits)


class BucketedBatch:
    """A batch by buckets. Stores whose buckets are of that size share what they work out of it."""

    def __init__(self, batch: Batch, bucket_size: float) -> None:
        self.bucket_size = bucket_size
        self._batch = batch
        self._rows: dict[type, Rows] = {}

    def __len__(self) -> int:
        return len(self._batch)

    def table(self, kind: type) -> Table:
        """See `Batch`."""
        return self._batch.table(kind)

    def records(self) -> list[Any]:
        """See `Batch`."""
        return self._batch.records()

    def rows(self, kind: type, oldest: float) -> "Rows":
        """The records of a kind; those of before bucket `oldest` do not count."""
        if kind not in self._rows:
            self._rows[kind] = Rows(self._batch, kind, self.bucket_size)
        rows = self._rows[kind]
        too_old = rows.buckets and rows.buckets[0] < oldest
        return Rows(self._batch, kind, self.bucket_size, oldest) if too_old else rows


class Rows:
    """Those of the records of `kind` in a batch."""

    def __init__(self, batch: Batch, kind: type, bucket_size: float, oldest: float = -inf) -> None:
        self.kind = kind
        self.table = batch.table(kind)
        """Their columns."""
        self._kept: dict[Any, Any] = {}
        with np.errstate(invalid="ignore"):
            indexes = np.floor_divide(self._times(), bucket_size)
        strays = ~(np.abs(indexes) * bucket_size <= LATEST) | (indexes < oldest)
        self.strays = int(np.count_nonzero(strays))
        """Rows of before bucket `oldest`, or without a time that can be: they do not count."""
        self._counts = ~strays if self.strays else None
        found, self._places = _distinct(np.where(strays, np.nan, indexes) if self.strays else indexes)
        self.buckets: list[int] = found[~np.isnan(found)].astype(np.int64).tolist()
        """Numbers of the buckets there are, ascending."""

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def records(self) -> list[Any]:
        """One for each row."""
        return self.table.records()

    def numbers(self, name: str) -> NDArray[Any]:
        """A column of numbers."""
        return self.table.numbers(name)

    def once(self, what: Any, work_out: Callable[[], T]) -> T:
        """What was worked out before under that name, or is now."""
        if what not in self._kept:
            self._kept[what] = work_out()
        kept: T = self._kept[what]
        return kept

    # Groups -----------------------------------------------------------------------------------------------------------

    def those(self, counts: NDArray[np.bool_] | None) -> NDArray[Any] | None:
        """The rows that are in a bucket and for which `counts` is True; None for all rows."""
        if counts is None:
            counts = self._counts
        elif self._counts is not None:
            counts = counts & self._counts
        return None if counts is None else np.flatnonzero(counts)

    def groups(self, columns: Sequence[str], rows: NDArray[Any] | None) -> Groups:
        """Rows that have the same in all of these columns."""
        size = len(self) if rows is None else len(rows)
        codes, number = np.zeros(size, np.int32), 1
        for name in columns:
            own, span = self._coded(name)
            own = own if rows is None else own[rows]
            if number == 1:
                codes, number = own, span
                continue
            if number * span > ROOMY * size + BINS:  # few of the combinations there may be are there
                codes, firsts = _grouped(codes, number)
                number = len(firsts)
            codes, number = codes.astype(np.int64) * span + own, number * span
        numbers, firsts = _grouped(codes, number)
        return Groups(rows, numbers, firsts if rows is None else rows[firsts])

    def values(self, columns: Sequence[str], rows: NDArray[Any]) -> list[list[Any]]:
        """For each of these columns what some rows have in it; None for what is absent."""
        return [self._values(name, rows) for name in columns]

    def _values(self, name: str, rows: NDArray[Any]) -> list[Any]:
        if name in TEXTS.get(self.kind, ()):
            codes, _ = self.table.texts(name)
            texts = self.once(
                ("texts", name), lambda: [*self.table.texts(name).values, None]
            )  # None is ABSENT: the last
            return list(map(texts.__getitem__, codes[rows].tolist()))
        values = self.numbers(name)[rows]
        absent = values == ABSENT if values.dtype == np.int64 else np.isnan(values)
        found: list[Any] = values.tolist()
        for place in np.flatnonzero(absent).tolist():
            found[place] = None
        return found

    def _coded(self, name: str) -> tuple[NDArray[Any], int]:
        """A code from 0 up for each row, which tells what is in a column, and how many codes there may be."""
        return self.once(("codes", name), lambda: self._codes(name))

    def _codes(self, name: str) -> tuple[NDArray[Any], int]:
        if name in TEXTS.get(self.kind, ()):
            texts: Texts = self.table.texts(name)
            return texts.codes + 1, len(texts.values) + 1
        numbers = self.numbers(name)
        if len(numbers) and numbers.dtype == np.int64:
            lowest, highest = int(numbers.min()), int(numbers.max())
            if highest - lowest < ROOMY * len(numbers) + BINS:
                return numbers - lowest, highest - lowest + 1
        found, codes = _distinct(numbers)
        return codes, len(found)

    # Sums -------------------------------------------------------------------------------------------------------------

    def cells(self, groups: Groups, amounts: Amounts, counted: bool) -> Sheet:
        """The sums of groups in each bucket; with `counted`, each row is one hit."""
        size, nanoseconds, bins = (
            amounts if groups.rows is None else (None if each is None else each[groups.rows] for each in amounts)
        )
        numbers, own, buckets = self._cells(groups)
        sums = np.zeros((3, len(buckets)), np.int64)
        if counted:
            sums[COUNT] = np.bincount(numbers, minlength=len(buckets))
        for row, values in ((BYTES, size), (TIME, nanoseconds)):
            if values is not None:
                sums[row] = np.bincount(numbers, values, len(buckets))
        if bins is None:
            return Sheet(own, Cells([], buckets, sums, NONE, NONE))
        timed = bins != NOT_TIMED
        return Sheet(own, Cells([], buckets, sums, numbers[timed], bins[timed]))

    def _cells(self, groups: Groups) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any]]:
        """Of each row the number of its cell; of each cell its group, as in `Sheet`, and its bucket."""
        number = len(groups.firsts)
        if len(self.buckets) == 1:
            return groups.numbers, None, np.zeros(number, np.int64)
        places = self._places if groups.rows is None else self._places[groups.rows]
        cells, firsts = _grouped(places * number + groups.numbers, number * len(self.buckets))
        return cells, groups.numbers[firsts], places[firsts]

    @cached_property
    def response(self) -> Amounts:
        """What is known of the responses of exchanges; of other records, nothing."""
        if self.kind is not Exchange:
            return Amounts()
        return self.timed("response_time")._replace(size=self.size("response_bytes").size)

    def timed(self, name: str) -> Amounts:
        """The seconds of a column."""
        return self.once(("timed", name), lambda: timed(self.numbers(name)))

    def size(self, name: str) -> Amounts:
        """The bytes of a column."""
        return self.once(("size", name), lambda: sized(self.numbers(name)))

    def _times(self) -> NDArray[np.float64]:
        if self.kind in FLOATS:
            return self.table.numbers("time")
        return np.fromiter(map(attrgetter("time"), self.records), np.float64, len(self))


NONE: Final[NDArray[np.int64]] = np.zeros(0, np.int64)


def timed(seconds: NDArray[Any]) -> Amounts:
    """As amounts; what is below 0 is 0, as where a clock was set back."""
    known = np.nan_to_num(np.clip(seconds, 0.0, HIGHEST))
    return Amounts(None, np.rint(known * NANOSECONDS), bins_of(seconds))


def sized(size: NDArray[Any]) -> Amounts:
    """As amounts, whole numbers from 0 up."""
    return Amounts(np.rint(np.clip(size, 0.0, MOST_BYTES)))


def _distinct(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The values there are, in order, and for each row the place of its own."""
    if len(values) and (values == values[0]).all():
        return values[:1], np.zeros(len(values), np.int64)
    found, places = np.unique(values, return_inverse=True)
    return found, places


def _grouped(codes: NDArray[Any], number: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows of the same code, in the order of the codes: of each row its group, of each group one of its rows."""
    if number > ROOMY * len(codes) + BINS:
        _, firsts, numbers = np.unique(codes, return_index=True, return_inverse=True)
        return numbers, firsts
    places = np.full(number, -1, np.intp)
    places[codes] = np.arange(len(codes))
    found = np.flatnonzero(places >= 0)
    firsts = places[found]
    places[found] = np.arange(len(found))
    return places[codes], firsts

"""The rows of one table of a batch: which bucket each is of, which have the same texts, and what such groups add up to.

What several statistics ask for is worked out once. Rows that do not count are in group 0.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from math import inf
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from store.bins import BINS, added
from store.distribution import HIGHEST, NOT_TIMED, bins_of
from store.sums import BYTES, COUNT, NANOSECONDS, TIME, Cells
from traffic.batch import ABSENT, FLOATS, TEXTS, Batch, Texts
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

    numbers: NDArray[Any]
    """Of each row the number of its group."""
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

    groups: NDArray[Any]
    cells: Cells
    """One for each group in each bucket, without keys."""

    def keyed(self, keys: Sequence[str | None]) -> Cells:
        """With the keys of the groups; without those whose key is None, and what is nothing."""
        _, buckets, amounts, codes, hits = self.cells
        kept = np.array([key is not None for key in keys])[self.groups]
        something: NDArray[np.bool_] = np.asarray(amounts.any(axis=0))
        something[codes // BINS] = True
        kept &= something
        if kept[1:].all():  # only the first cell goes, that of no bucket and group 0
            first = np.searchsorted(codes, BINS)
            found = [keys[group] for group in self.groups[1:].tolist()]
            return Cells(found, buckets[1:], amounts[:, 1:], codes[first:] - BINS, hits[first:])
        there = kept[codes // BINS]
        codes = (np.cumsum(kept) - 1)[codes[there] // BINS] * BINS + codes[there] % BINS
        found = [keys[group] for group in self.groups[kept].tolist()]
        return Cells(found, buckets[kept], amounts[:, kept], codes, hits[there])


class Rows:
    """Those of the records of `kind` in a batch."""

    def __init__(self, batch: Batch, kind: type, bucket_size: float, oldest: float = -inf) -> None:
        self.kind = kind
        self.table = batch.table(kind)
        """Their columns."""
        self._kept: dict[Any, Any] = {}
        with np.errstate(invalid="ignore"):
            indexes = np.floor_divide(self._times(), bucket_size)
        indexes[~(np.abs(indexes) * bucket_size <= LATEST) | (indexes < oldest)] = np.nan
        self.strays = int(np.count_nonzero(np.isnan(indexes)))
        """Rows of before bucket `oldest`, or without a time that can be: they do not count."""
        found, self._places = _distinct(indexes)
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

    def groups(self, columns: Sequence[str], counts: NDArray[np.bool_] | None) -> Groups:
        """Rows that have the same in all of these columns; those for which `counts` is False are in group 0."""
        codes, number = self._codes(columns[0]) if columns else (np.zeros(len(self), np.int64), 1)
        for name in columns[1:]:
            more, size = self._codes(name)
            codes, number = codes.astype(np.int64) * size + more, number * size
            if number > 2**31:  # so that the product has room for one more column
                found, codes = _distinct(codes)
                number = len(found)
        codes = codes + 1
        if counts is not None:
            codes[~counts] = 0
        return _grouped(codes, number + 1)

    def values(self, columns: Sequence[str], rows: NDArray[Any]) -> list[tuple[Any, ...]]:
        """What some rows have in these columns; None for what is absent."""
        if not columns:
            return [()] * len(rows)
        return list(zip(*(self._values(name, rows) for name in columns), strict=True))

    def _values(self, name: str, rows: NDArray[Any]) -> list[Any]:
        if name in TEXTS.get(self.kind, ()):
            codes, texts = self.table.texts(name)
            return [None if code == ABSENT else texts[code] for code in codes[rows].tolist()]
        values = self.numbers(name)[rows]
        absent = values == ABSENT if values.dtype == np.int64 else np.isnan(values)
        return [None if gone else value for value, gone in zip(values.tolist(), absent.tolist(), strict=True)]

    def _codes(self, name: str) -> tuple[NDArray[Any], int]:
        """A code from 0 up for each row, which tells what is in a column, and how many codes there may be."""
        if name in TEXTS.get(self.kind, ()):
            texts: Texts = self.table.texts(name)
            return texts.codes + 1, len(texts.values) + 1
        numbers = self.numbers(name)
        if len(numbers) and numbers.dtype == np.int64:
            lowest, span = int(numbers.min()), int(numbers.max()) - int(numbers.min()) + 1
            if span <= ROOMY * len(numbers) + BINS:
                return numbers - lowest, span
        found, codes = _distinct(numbers)
        return codes, len(found)

    # Sums -------------------------------------------------------------------------------------------------------------

    def cells(self, groups: Groups, amounts: Amounts, counted: bool) -> Sheet:
        """The sums of groups in each bucket; with `counted`, each row is one hit."""
        numbers, own, buckets = self._cells(groups)
        sums = np.zeros((3, len(own)), np.int64)
        if counted:
            sums[COUNT] = np.bincount(numbers, minlength=len(own))
        for row, values in ((BYTES, amounts.size), (TIME, amounts.nanoseconds)):
            if values is not None:
                sums[row] = np.bincount(numbers, values, len(own))
        codes, hits = NO_CODES, NO_CODES
        if amounts.bins is not None:
            timed = amounts.bins != NOT_TIMED
            codes, hits = added((numbers * BINS + amounts.bins)[timed])
        return Sheet(own, Cells([], buckets, sums, codes, hits))

    def _cells(self, groups: Groups) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Of each row the number of its cell; of each cell its group and bucket. What is in no bucket is in group 0."""
        number = len(groups.firsts)
        if len(self.buckets) == 1 and not self.strays:
            return groups.numbers, np.arange(number), np.zeros(number, np.int64)
        its = np.where(self._places == len(self.buckets), 0, groups.numbers)
        cells, firsts = _grouped(self._places * number + its, number * (len(self.buckets) + 1))
        own = its[firsts]
        own[0] = 0  # no row need be in it
        return cells, own, self._places[firsts]

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


NO_CODES: Final[NDArray[np.int64]] = np.zeros(0, np.int64)


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


def _grouped(codes: NDArray[Any], number: int) -> Groups:
    """Rows of the same code, in the order of the codes. Group 0 is that of code 0, which may have no rows."""
    if number > ROOMY * len(codes) + BINS:
        found, firsts, numbers = np.unique(codes, return_index=True, return_inverse=True)
        shift = int(not len(found) or found[0] != 0)
        return Groups(numbers + shift, np.concatenate((np.zeros(shift, np.int64), firsts)))
    places = np.full(number, -1, np.int64)
    places[0] = 0
    places[codes[::-1]] = np.arange(len(codes))[::-1]
    found = np.flatnonzero(places >= 0)
    numbers = np.empty(number, np.int64)
    numbers[found] = np.arange(len(found))
    return Groups(numbers[codes], places[found])

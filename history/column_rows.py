"""Reads many periods of a statistic at once, in columns: a start learns from weeks, and should take no time.

It is `Archive.minutes` without a Python object for each key.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from history.bins import values_of
from history.database import Database
from history.periods import PeriodLevel
from history.sums import MALFORMED, MAX_COUNT
from store.bins import BINS
from store.distribution import LAST
from store.sums import NANOSECONDS, OTHER, TIME, KeyedSums, StatisticSums, Sums, sums_of

_ROWS: Final = (
    "SELECT start, key, bins, count, bytes, seconds, client_errors, server_errors FROM sums"
    " WHERE level = ? AND statistic = ? AND start >= ? AND start < ? ORDER BY start"
)
_TOTALS: Final = (
    "SELECT start, sum(count), sum(bytes), sum(seconds), sum(client_errors), sum(server_errors) FROM sums"
    " WHERE level = ? AND statistic = ? AND start >= ? AND start < ? GROUP BY start ORDER BY start"
)
Span = tuple[PeriodLevel, int, float, float]
"""Level, number of the statistic, and begin and end of a span."""
Period = tuple[float, StatisticSums]


def totals(database: Database, name: str, span: Span) -> Iterator[Period]:
    """Iterate over start and sums of each period, with all keys as OTHER.

    Raises:
        HistoryError: the file cannot be read.
        ValueError: something else wrote to it.
    """
    rows = database.rows(_TOTALS, span)
    if rows:
        starts, *amounts = zip(*rows, strict=True)
        columns = _amounts(amounts)
        for place, start in enumerate(starts):
            yield float(start), StatisticSums(name, KeyedSums.of_items(()), sums_of(columns[:, place]))


def keyed(database: Database, name: str, span: Span) -> Iterator[Period]:
    """Iterate over start and sums by key of each period. Of the key OTHER, times are left out.

    Raises:
        HistoryError: the file cannot be read.
        ValueError: something else wrote to it.
    """
    rows = database.rows(_ROWS, span)
    if not rows:
        return
    starts, keys, blobs, *amounts = zip(*rows, strict=True)
    if not all(isinstance(key, str) for key in keys) or not all(isinstance(blob, bytes) for blob in blobs):
        raise ValueError(MALFORMED)
    columns = _amounts(amounts)
    others = np.fromiter((key == OTHER for key in keys), np.bool_, len(keys))
    owners, numbers, hits = _bins(blobs)
    of_key = ~others[owners]
    owners, numbers, hits = owners[of_key], numbers[of_key], hits[of_key]
    begins = np.array(starts)
    edges = [0, *(np.flatnonzero(np.diff(begins)) + 1).tolist(), len(rows)]
    for first, last in pairwise(edges):
        kept = np.flatnonzero(~others[first:last])
        a, b = np.searchsorted(owners, (first, last))
        # Where each row of the period is among those that are kept.
        places = np.cumsum(~others[first:last]) - 1
        codes = places[owners[a:b] - first] * BINS + numbers[a:b]
        sums = KeyedSums([keys[first + place] for place in kept], columns[:, first + kept], codes, hits[a:b])
        rest = np.flatnonzero(others[first:last])
        other = sums_of(columns[:, first + rest[0]]) if len(rest) else Sums()
        yield float(starts[first]), StatisticSums(name, sums, other)


def _amounts(columns: Sequence[Sequence[Any]]) -> NDArray[np.int64]:
    """Return the amounts, checked, with nanoseconds in place of seconds."""
    try:
        amounts = np.array(columns, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(MALFORMED) from error
    if not (np.isfinite(amounts).all() and (amounts >= 0).all() and (amounts <= MAX_COUNT).all()):
        raise ValueError(MALFORMED)
    amounts[TIME] *= NANOSECONDS
    if (amounts[TIME] > 2**62).any():
        raise ValueError(MALFORMED)
    return np.asarray(amounts.round(), np.int64)


def _bins(blobs: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the bins of all rows: the row, the number of the bin, and how often it was hit."""
    joined = b"".join(blobs)
    lengths = np.fromiter(map(len, blobs), np.int64, len(blobs))
    values = np.array(values_of(joined), np.int64)
    # How many values each row has: those whose last byte is in it.
    ended = np.concatenate(([0], np.cumsum(np.frombuffer(joined, np.uint8) < 128)))
    edges = np.concatenate(([0], np.cumsum(lengths)))
    counts = np.diff(ended[edges])
    if (counts % 2).any():
        raise ValueError(MALFORMED)
    owners = np.repeat(np.arange(len(blobs)), counts // 2)
    steps = values[::2].cumsum()
    before = np.concatenate(([0], steps))[np.concatenate(([0], np.cumsum(counts // 2)))[:-1]]
    numbers, hits = steps - before[owners], values[1::2]
    if len(numbers) and (numbers.max() > LAST or hits.max() > MAX_COUNT):
        raise ValueError(MALFORMED)
    some = hits > 0
    return owners[some], numbers[some], hits[some]

"""Records as columns of the tables. Pure.

A row is identified by statistic, start, key and record, so sums that would get the same identity are added up before.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from history.archive import KEY_LENGTH
from history.clickhouse.schema import ALERT_COLUMNS, RECORD_COLUMNS, SUM_COLUMNS
from history.record import Level, SensorRecord, StoreError
from store.bins import BINS
from store.sums import NANOSECONDS, NOTHING, OTHER, KeyedSums, StatisticSums

LATEST: Final = 2**32 - 1
"""Latest time that the columns can hold, in 2106."""

Columns = list[list[Any]]
Keyed = tuple[int, int, str, KeyedSums]
"""Start, width, statistic and sums."""


def sum_columns(records: Iterable[SensorRecord]) -> tuple[Columns, list[int]]:
    """Return the columns SUM_COLUMNS of the records of one level, and the number of rows of each record.

    Raises:
        StoreError: they can never be stored.
    """
    columns: Columns = [[] for _ in SUM_COLUMNS]
    sizes = []
    for record in records:
        before = len(columns[0])
        for keyed in _parts(record):
            _append(columns, record, *keyed)
        sizes.append(len(columns[0]) - before)
    return columns, sizes


def record_columns(records: Sequence[SensorRecord], sizes: Sequence[int]) -> Columns:
    """Return the columns RECORD_COLUMNS."""
    rows = [
        (
            int(series.level),
            plain(series.sensor),
            series.spool,
            record.sequence,
            record.through,
            *_span(record),
            record.written,
            size,
            record.facts.bucket_size,
            *map(plain, (record.facts.vantage, record.facts.source, record.facts.version)),
        )
        for record, size in zip(records, sizes, strict=True)
        for series in (record.series,)
    ]
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in RECORD_COLUMNS]


def alert_columns(records: Iterable[SensorRecord]) -> Columns:
    """Return the columns ALERT_COLUMNS."""
    rows: dict[tuple[str, str, float, int], tuple[float, int, str, int]] = {}
    for record in records:
        sensor, spool, _ = record.series
        for signal, start, end, text in record.alerts:
            identity = plain(sensor), plain(signal), start, spool
            known = (end or 0.0, _second(start), plain(text, len(text)), record.sequence)
            # A record may have the begin and the end of an alert.
            if identity not in rows or rows[identity][-1] <= record.sequence:
                rows[identity] = known
    found = [(*identity[:3], *known[:3], identity[3], known[3]) for identity, known in rows.items()]
    return [list(column) for column in zip(*found, strict=True)] or [[] for _ in ALERT_COLUMNS]


def plain(text: str, length: int = KEY_LENGTH) -> str:
    """Return text that a column can hold: cut, and with ? for half of a surrogate pair."""
    return text[:length].encode("utf-8", "replace").decode()


def _parts(record: SensorRecord) -> Iterator[Keyed]:
    """Iterate over what is not zero, once for each statistic of a period."""
    found: dict[tuple[int, str], list[KeyedSums]] = {}
    widths: dict[int, int] = {}
    for bucket in record.buckets:
        start = _second(bucket.start)
        widths[start] = max(widths.get(start, 0), int(bucket.width))
        for part in bucket.statistics:
            found.setdefault((start, plain(part.name)), []).extend(_with_other(part))
    for (start, name), parts in found.items():
        keyed = parts[0] if len(parts) == 1 else KeyedSums.merged(parts)
        yield start, widths[start], name, keyed


def _with_other(part: StatisticSums) -> list[KeyedSums]:
    """Return the sums by key and those of other keys; if keys cannot be stored as they are, one by one."""
    other = [KeyedSums.of_items([(OTHER, part.other)])] if part.other != NOTHING else []
    if all(len(key) <= KEY_LENGTH for key in part.keyed.keys) and _is_text("".join(part.keyed.keys)):
        return [part.keyed, *other]
    return [*(KeyedSums.of_items([(plain(key), sums)]) for key, sums in part.keyed.items()), *other]


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _append(columns: Columns, record: SensorRecord, start: int, width: int, name: str, keyed: KeyedSums) -> None:
    """Add a row for each key whose sums are not all zero."""
    amounts = keyed.amounts
    if amounts.size and amounts.min() < 0:
        raise StoreError(f"sums of {name} are negative", refused=True)
    ends = np.searchsorted(keyed.codes, np.arange(len(keyed.keys) + 1) * BINS)
    kept = np.flatnonzero(amounts.any(axis=0) | (np.diff(ends) > 0)).tolist()
    bins, hits = (keyed.codes % BINS).tolist(), keyed.hits.tolist()
    spans = list(pairwise(ends.tolist()))
    count, size, nanoseconds, client_errors, server_errors = amounts[:, kept]
    series = record.series
    for column, values in zip(
        columns,
        (
            [name] * len(kept),
            [start] * len(kept),
            [width] * len(kept),
            [keyed.keys[place] for place in kept],
            [plain(series.sensor)] * len(kept),
            [series.spool] * len(kept),
            [record.sequence] * len(kept),
            count.tolist(),
            size.tolist(),
            (nanoseconds / NANOSECONDS).tolist(),
            client_errors.tolist(),
            server_errors.tolist(),
            [bins[slice(*spans[place])] for place in kept],
            [hits[slice(*spans[place])] for place in kept],
        ),
        strict=True,
    ):
        column += values


def _span(record: SensorRecord) -> tuple[int, int]:
    """Return start and end of what a record covers; if it has nothing, when it was written.

    A part of a longer period ends when it was written, at the latest.
    """
    if not record.buckets:
        return (_second(record.written),) * 2
    start = min(bucket.start for bucket in record.buckets)
    end = max(bucket.start + bucket.width for bucket in record.buckets)
    if record.series.level is not Level.BUCKET:
        end = min(end, max(start, record.written))
    return _second(start), _second(end)


def _second(time: float) -> int:
    if not 0 <= time <= LATEST:
        raise StoreError(f"a time is out of range: {time:.0f} s since 1970; is the sensor's clock right?", refused=True)
    return int(time)

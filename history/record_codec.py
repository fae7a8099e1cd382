"""Records of sensors as bytes, for the spool, for the wire and for files. Pure.

A byte with the version, then JSON compressed with zlib: small, the same on each machine, and read by `zcat` and `jq`
where something is wrong. Sums stay in columns, so no object is made for a key. `decode` trusts nothing; what a decoded
record guarantees:

- The name of the sensor fits NAME; spool and sequence are 1 to 2^63 - 1; `through` is 0 for buckets, otherwise at least
  the record's own sequence, since each record includes at least one of the level below.
- Buckets ascend by their start, and none occurs twice. They start at multiples of their width, which is that of the
  level, or `facts.bucket_size` for buckets; times are from 0 to LATEST.
- In a bucket no statistic occurs twice, in a statistic no key, and OTHER is no key. So (sequence, statistic, start,
  key) identifies each sum, with OTHER as the key of `other`. Sums of zeros may occur.
- Amounts are from 0 to MAX_AMOUNT, bins from 0 to LAST, hits from 1 to MAX_AMOUNT; codes ascend.
- All text can be encoded as UTF-8, has no control, format or private characters, and is no longer than the limits
  below. Alerts are the exception: their text is at most ALERT_LENGTH bytes, which nobody has checked.
- A record has at most MAX_ROWS keys in all, and MAX_ALERTS alerts, which are in buckets only.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any, Final
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from history.record import WIDTHS, Facts, Level, SensorRecord, Series
from history.sums import StoredAlert
from store.bins import BINS
from store.distribution import LAST, Distribution
from store.sums import AMOUNTS, OTHER, ClosedBucket, KeyedSums, StatisticSums, Sums, sums_of

VERSION: Final = 1
"""Of the bytes; a record of another version is refused."""
NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A sensor's name."""
MAX_BYTES: Final = 4 * 2**20
"""Maximum bytes of an encoded record."""
MAX_TEXT: Final = 16 * 2**20
"""Maximum bytes of its JSON."""
MAX_LISTS: Final = 500_000
"""Maximum lists in it, each of which takes twenty times its text in memory."""
MAX_ROWS: Final = 200_000
"""Maximum keys, of all statistics and buckets."""
MAX_ALERTS: Final = 1000
KEY_LENGTH: Final = 256
"""Maximum characters of a key, as in the history, and of each of the sensor's facts."""
STATISTIC_LENGTH: Final = 64
"""Maximum characters of the name of a statistic or signal."""
ALERT_LENGTH: Final = 2**16
MAX_AMOUNT: Final = 2**60
"""Nanoseconds of 13,000 requests that are under way all day."""
MAX_NUMBER: Final = 2**63 - 1
LATEST: Final = 1e11
"""The year 5138; later times are corrupt."""
FINE: Final = ("Cn", "Zs")
"""Categories of characters that Python calls unprintable, but which harm nobody: unknown ones, and spaces."""
_LEVEL: Final = 3
"""Of compression: a tenth larger than at most effort, in a third of the time."""


def encode(record: SensorRecord) -> bytes:
    """Encode a record.

    Raises:
        ValueError: it is larger than MAX_TEXT or MAX_BYTES, so nobody would decode it.
    """
    text = _written(record).encode()
    block = bytes([VERSION]) + zlib.compress(text, _LEVEL)
    if len(text) > MAX_TEXT or len(block) > MAX_BYTES:
        raise ValueError(f"the record is too large: {len(text)} bytes")
    return block


def decode(block: bytes) -> SensorRecord:
    """Decode a record, and check all of it.

    Raises:
        ValueError: the bytes are malformed, too large, or of another version.
    """
    if not block or len(block) > MAX_BYTES:
        raise ValueError(f"a record of {len(block)} bytes")
    if block[0] != VERSION:
        raise ValueError(f"a record of version {block[0]}, not {VERSION}")
    try:
        return _record(json.loads(_text(block[1:])))
    except (TypeError, KeyError, ValueError, OverflowError, RecursionError, zlib.error) as reason:
        raise ValueError(f"a record is malformed: {reason}") from reason


def _text(block: bytes) -> bytes:
    inflating = zlib.decompressobj()
    text = inflating.decompress(block, MAX_TEXT + 1)
    if len(text) > MAX_TEXT or text.count(b"[") + text.count(b"{") > MAX_LISTS:
        raise ValueError("too large")
    if not inflating.eof or inflating.unused_data:
        raise ValueError("its end")
    return text


# Out ------------------------------------------------------------------------------------------------------------------


def _written(record: SensorRecord) -> str:
    """Return the JSON of a record, made statistic by statistic: all lists of numbers at once would take much memory."""
    facts = {
        "sensor": record.series.sensor,
        "spool": record.series.spool,
        "level": int(record.series.level),
        "sequence": record.sequence,
        "through": record.through,
        "written": record.written,
        "facts": list(record.facts),
        "alerts": [list(alert) for alert in record.alerts],
    }
    buckets = (
        f"[{_json(start)},{_json(width)},[{','.join(_json(_columns(part)) for part in parts)}]]"
        for start, width, parts in record.buckets
    )
    return f'{_json(facts)[:-1]},"buckets":[{",".join(buckets)}]}}'


def _json(known: Any) -> str:
    return json.dumps(known, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _columns(part: StatisticSums) -> list[Any]:
    """Return name, keys, amounts, steps between the codes, hits; and the same of the other keys."""
    keyed, other = part.keyed, part.other
    steps = np.diff(keyed.codes, prepend=0).tolist()
    bins = [[number for number, _ in other.times.bins], [hits for _, hits in other.times.bins]]
    return [part.name, list(keyed.keys), keyed.amounts.tolist(), steps, keyed.hits.tolist(), list(other.column), *bins]


# In -------------------------------------------------------------------------------------------------------------------


def _record(given: Any) -> SensorRecord:
    series = Series(given["sensor"], _whole(given["spool"], 1), Level(_whole(given["level"])))
    if not isinstance(series.sensor, str) or NAME.fullmatch(series.sensor) is None:
        raise ValueError("the sensor's name")
    sequence = _whole(given["sequence"], 1)
    buckets_only = series.level is Level.BUCKET
    through = _whole(given["through"], *((0, 0) if buckets_only else (sequence, MAX_NUMBER)))
    facts = _facts(given["facts"])
    width = WIDTHS.get(series.level, facts.bucket_size)
    buckets = tuple(_buckets(given["buckets"], width))
    alerts = _alerts(given["alerts"])
    if alerts and not buckets_only:
        raise ValueError("alerts beside longer periods")
    return SensorRecord(series, sequence, through, _time(given["written"]), facts, buckets, alerts)


def _facts(given: Any) -> Facts:
    vantage, source, version, bucket_size = given
    _texts([vantage, source, version], KEY_LENGTH)
    return Facts(vantage, source, version, _whole(bucket_size, 1, 86400))


def _buckets(given: Any, width: int) -> Iterator[ClosedBucket]:
    before, rows = -1.0, 0
    for start, stated, parts in _listed(given):
        if _time(start) <= before or start % width or stated != width:
            raise ValueError("its periods")
        before = start
        statistics = tuple(_statistic(part) for part in _listed(parts))
        rows += sum(len(part.keyed.keys) for part in statistics)
        if rows > MAX_ROWS or len({part.name for part in statistics}) < len(statistics):
            raise ValueError("too many keys, or a statistic twice")
        yield ClosedBucket(float(start), float(width), statistics)


def _statistic(given: Any) -> StatisticSums:
    name, keys, amounts, steps, hits, *other = given
    _texts([name], STATISTIC_LENGTH)
    keys = _texts(keys, KEY_LENGTH)
    if len(set(keys)) < len(keys) or OTHER in keys:
        raise ValueError("a key twice")
    if len(_listed(amounts)) != AMOUNTS or any(len(_listed(row)) != len(keys) for row in amounts):
        raise ValueError("not as many sums as keys")
    columns = np.array([_numbers(row) for row in amounts], np.int64).reshape(AMOUNTS, len(keys))
    keyed = KeyedSums(keys, columns, *_hits(_codes(steps, len(keys)), hits))
    return StatisticSums(name, keyed, _other(*other))


def _other(column: Any, bins: Any, hits: Any) -> Sums:
    amounts = _numbers(column)
    if len(amounts) != AMOUNTS:
        raise ValueError("its sums")
    numbers, counts = _hits(_numbers(bins), hits)
    if (np.diff(numbers) < 1).any() or (numbers > LAST).any():
        raise ValueError("its bins")
    return sums_of(amounts, Distribution.counted(numbers, counts))


def _codes(steps: Any, keys: int) -> NDArray[np.int64]:
    apart = _numbers(steps)
    if len(apart) > keys * BINS or (apart[1:] < 1).any() or (apart > keys * BINS).any():
        raise ValueError("its bins")
    codes = np.cumsum(apart)
    if (codes >= keys * BINS).any() or (codes % BINS > LAST).any():
        raise ValueError("its bins")
    return codes


def _hits(codes: NDArray[np.int64], hits: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    counts = _numbers(hits)
    if len(counts) != len(codes) or (counts < 1).any():
        raise ValueError("its bins")
    return codes, counts


def _alerts(given: Any) -> tuple[StoredAlert, ...]:
    alerts = tuple(StoredAlert(*alert) for alert in _listed(given))
    if len(alerts) > MAX_ALERTS:
        raise ValueError("too many alerts")
    for signal, start, end, text in alerts:
        _texts([signal], STATISTIC_LENGTH)
        if not isinstance(text, str) or len(text.encode()) > ALERT_LENGTH:
            raise ValueError("the text of an alert is too long")
        if end is not None and _time(end) < _time(start):
            raise ValueError("an alert ends before it starts")
        _time(start)
    return alerts


def _listed(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise TypeError("a list is missing")
    return given


def _texts(given: Any, length: int) -> list[str]:
    """Check texts, all at once because there are many."""
    texts: list[str] = _listed(given)
    if not (set(map(type, texts)) <= {str} and _is_clean("".join(texts))):
        raise ValueError("text that is not printable")
    if max(map(len, texts), default=0) > length:
        raise ValueError("text that is too long")
    return texts


def _is_clean(text: str) -> bool:
    """Return whether text can be shown. Characters that only a newer Unicode knows may be printable at the sensor."""
    return text.isprintable() or all(char.isprintable() or category(char) in FINE for char in text)


def _numbers(given: Any) -> NDArray[np.int64]:
    """Check whole numbers, all at once; numpy would take "1", 1.5 and true for such."""
    numbers: Sequence[int] = _listed(given)
    if not (_are_whole(numbers) and min(numbers, default=0) >= 0 and max(numbers, default=0) <= MAX_AMOUNT):
        raise ValueError("its numbers")
    return np.array(numbers, np.int64)


def _are_whole(numbers: Iterable[Any]) -> bool:
    return set(map(type, numbers)) <= {int}


def _whole(given: Any, least: int = 0, most: int = MAX_NUMBER) -> int:
    if type(given) is not int or not least <= given <= most:
        raise ValueError("a number")
    return given


def _time(given: Any) -> float:
    if type(given) not in (int, float) or not isfinite(given) or not 0 <= given <= LATEST:
        raise ValueError("a time")
    return float(given)

"""The history file of one sensor, written from its bucket records: each counts once, whatever happens.

One transaction adds the sums of a record to minute, hour and day, and notes that it was applied. So a process that is
killed leaves either both or neither, and the sensor, which got no answer, sends the record again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final, NamedTuple

import numpy as np

from alerting.signal_statistics import SIGNALS
from history.archive import SqliteArchive
from history.collected.tables import applied, note_applied, note_recent, note_state, prepare
from history.database import RunStatement
from history.keep import Retention
from history.minutes import Minutes
from history.ranges import Ranges, added, known
from history.record import HEALTH, SensorRecord, StoreError
from history.sums import MAX_COUNT, Minute
from store.sums import TIME, ClosedBucket, StatisticSums
from store.watched import WATCHED

AHEAD: Final = 3600.0
"""Seconds that a bucket may be ahead of the collector's clock. Later ones would age everything else."""
MAX_STATISTICS: Final = 500
MAX_TIME: Final = 2**56
"""Maximum nanoseconds of a statistic in a bucket: 7,000 responses that took the longest time that is measured."""
_UPSERT_ALERT: Final = (
    "INSERT INTO alert VALUES (?, ?, ?, ?) ON CONFLICT (signal, start) DO UPDATE SET"
    " end = excluded.end, text = excluded.text WHERE alert.end IS NULL OR excluded.end IS NOT NULL"
)
"""A record from before the end of an alert may come after the one with its end."""

Encoded = tuple[SensorRecord, bytes]
"""A record, and the bytes in which it arrived."""


class Taken(NamedTuple):
    """What became of records."""

    new: int
    repeated: int
    """Records that were applied before."""


class SensorFile:
    """The file at `path`. Only one thread may use it at a time, and only one process may write to it."""

    def __init__(
        self, path: str, keep: Retention, units: Mapping[str, str], recent: float, zone: tzinfo | None = None
    ) -> None:
        """Open or create the file. `units` has the units of statistics by name, those of others are hits; `recent` is
        the seconds for which records are kept as they arrived.

        Raises:
            HistoryError: the file cannot be used.
        """
        self._units = units
        self._recent = recent
        self._archive = SqliteArchive(path, keep, {WATCHED: "seconds", HEALTH: "hits"}, zone)
        prepare(self._archive.database)

    def take(self, records: Sequence[Encoded], received: float) -> Taken:
        """Apply those bucket records of the sensor that are new; all of them or none.

        Raises:
            StoreError: a record may not be applied, now or ever.
            HistoryError: nothing was written.
        """
        for record, _ in records:
            _check(record, received)
        spools = {record.series.spool for record, _ in records}
        ranges = {spool: applied(self._archive.database, spool) for spool in spools}
        new = list(_new(sorted(records, key=_order), ranges))
        if new:
            self._apply(new, ranges, received)
        return Taken(len(new), len(records) - len(new))

    def close(self) -> None:
        """Close the file. It may be called twice."""
        self._archive.close()

    def _apply(self, new: Sequence[Encoded], ranges: Mapping[int, Ranges], received: float) -> None:
        minutes = _minutes(bucket for record, _ in new for bucket in record.buckets)
        self._register(minutes)

        def also(run: RunStatement) -> None:
            for spool, all_applied in ranges.items():
                note_applied(run, spool, all_applied, received)
            for record, _ in new:
                note_state(run, record.facts, _latest(record), received)
                run(_UPSERT_ALERT, record.alerts)
            recent = [(received, record.written - received, _latest(record), block) for record, block in new]
            note_recent(run, recent, received - self._recent)

        self._archive.write_all(minutes, also)

    def _register(self, minutes: Iterable[Minute]) -> None:
        stored = self._archive.statistics()
        missing = {name for minute in minutes for name in minute.sums} - stored.keys() - {WATCHED, HEALTH}
        if len(stored) + len(missing) > MAX_STATISTICS:
            raise StoreError(f"more than {MAX_STATISTICS} statistics of one sensor", refused=True)
        if missing:
            self._archive.register({name: self._units.get(name, "hits") for name in sorted(missing)})


def _check(record: SensorRecord, received: float) -> None:
    for bucket in record.buckets:
        ahead = bucket.start - received
        if ahead > AHEAD:
            raise StoreError(
                f"the clock of {record.series.sensor} is {ahead / 3600:.0f} h ahead of the collector's; set it (NTP)",
                refused=True,
            )
        for part in bucket.statistics:
            if _is_corrupt(part) or (part.name == WATCHED and not _is_within(part, bucket.width)):
                raise StoreError(f"{part.name} of {record.series.sensor} is corrupt", refused=True)


def _is_corrupt(part: StatisticSums) -> bool:
    """Return whether amounts are so large that those of some sensors would not add up."""
    whole = part.keyed.amounts.sum(axis=1, dtype=float) + part.other.column
    hits = part.keyed.hits.sum(dtype=float) + part.other.timed
    return bool(hits > MAX_COUNT or (np.delete(whole, TIME) > MAX_COUNT).any() or whole[TIME] > MAX_TIME)


def _is_within(watched: StatisticSums, width: float) -> bool:
    """Return whether all watched spans begin in their bucket."""
    return all(key.isascii() and key.isdecimal() and len(key) < 6 and int(key) < width for key in watched.keyed.keys)


def _new(records: Iterable[Encoded], ranges: dict[int, Ranges]) -> Iterator[Encoded]:
    """Iterate over the records that are not in the ranges, and add them there."""
    for record, block in records:
        spool, one = record.series.spool, np.array([record.sequence], np.int64)
        if not known(ranges[spool], one)[0]:
            ranges[spool] = added(ranges[spool], one)
            yield record, block


def _order(encoded: Encoded) -> tuple[int, int]:
    record, _ = encoded
    return record.series.spool, record.sequence


def _minutes(buckets: Iterable[ClosedBucket]) -> list[Minute]:
    """Add up buckets in minutes, without what is counted for signals."""
    minutes = Minutes()
    for bucket in buckets:
        kept = tuple(part for part in bucket.statistics if not part.name.startswith(SIGNALS))
        minutes.add(bucket._replace(statistics=kept))
    return minutes.rest()


def _latest(record: SensorRecord) -> float:
    return max((bucket.start + bucket.width for bucket in record.buckets), default=0.0)

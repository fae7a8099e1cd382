"""Writes what was counted to the spool as records of buckets, and their sums as those of minutes, hours and days."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from fleet.rollup import RollUp, reduced
from fleet.spool import Spool, SpoolError
from history.record import Facts, Level, SensorRecord, Series
from history.sums import StoredAlert
from store.sums import ClosedBucket

LONGER: Final = (Level.MINUTE, Level.HOUR, Level.DAY)


class Counted(NamedTuple):
    """What a sensor counted in one bucket, and late for others."""

    buckets: tuple[ClosedBucket, ...]
    """With the highest keys only."""
    alerts: tuple[StoredAlert, ...]
    now: float
    """Packet time."""
    written: float
    """The clock."""


class Ledger:
    """The records of `sensor`, in a spool. `units` are those of the statistics, by name; `keys` is the most of a
    statistic in a record; `chance`, from 0 to 1, spreads the times of sensors that start at once.
    """

    def __init__(
        self, spool: Spool, sensor: str, facts: Facts, units: Mapping[str, str], keys: int, chance: float
    ) -> None:
        """Add up what is in the spool and not yet in the next longer level."""
        self._spool, self._sensor, self._facts = spool, sensor, facts
        self._units, self._keys = units, keys
        self._written = 0.0
        self._sums = {level: RollUp(level, spool.included(Level(level - 1)), chance) for level in LONGER}
        for level in reversed(LONGER):
            below = Level(level - 1)
            for record in spool.after(below, spool.included(below)):
                self._written = record.written
                self._add(below, record.sequence, record.buckets)

    def write(self, counted: Counted) -> None:
        """Write a bucket, and what it completes. What cannot be completed stays pending.

        Raises:
            SpoolError: the bucket was not written; the caller may try again.
            ValueError: it is too large, however few keys are kept.
        """
        self._written = counted.written
        sequence, buckets = self._append(Level.BUCKET, 0, counted.buckets, counted.alerts)
        self._add(Level.BUCKET, sequence, buckets)
        for level in LONGER:
            if self._sums[level].is_due(counted.now):
                with suppress(SpoolError):
                    self._flush(level)

    def flush(self) -> None:
        """Write everything that is pending, at the end of a run.

        Raises:
            SpoolError: the rest stays pending, for the next run.
        """
        for level in LONGER:
            self._flush(level)

    def _add(self, below: Level, sequence: int, buckets: Sequence[ClosedBucket]) -> None:
        if below is Level.DAY:
            return
        level = Level(below + 1)
        if self._sums[level].is_followed_by(buckets):
            with suppress(SpoolError):
                self._flush(level)
        self._sums[level].add(sequence, buckets)

    def _flush(self, level: Level) -> None:
        part = self._sums[level].part()
        if part is None:
            return
        sequence, buckets = self._append(level, part.through, reduced(part.buckets, self._units, self._keys))
        self._sums[level].written()
        self._add(level, sequence, buckets)

    def _append(
        self, level: Level, through: int, buckets: tuple[ClosedBucket, ...], alerts: tuple[StoredAlert, ...] = ()
    ) -> tuple[int, tuple[ClosedBucket, ...]]:
        """Append a record, with fewer keys if it is too large. Return its sequence, and what is in it."""
        series = Series(self._sensor, self._spool.number, level)
        keys = self._keys
        while True:
            record = SensorRecord(series, 1, through, self._written, self._facts, buckets, alerts)
            try:
                return self._spool.append(record), buckets
            except ValueError:
                if keys == 0:
                    raise
                keys //= 2
                buckets = reduced(buckets, self._units, keys)

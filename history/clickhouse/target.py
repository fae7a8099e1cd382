"""Sends records of sensors to ClickHouse: sums first, the row of each record last, so what it stands for is there."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

from history.address import StoreAddress
from history.clickhouse.connect import ConnectDoor
from history.clickhouse.door import Column, Door
from history.clickhouse.rows import Columns, alert_columns, plain, record_columns, sum_columns
from history.clickhouse.schema import (
    ALERT_COLUMNS,
    ALERTS,
    RECORD_COLUMNS,
    RECORDS,
    STATISTIC_COLUMNS,
    STATISTICS,
    SUM_COLUMNS,
    SUMS,
    Place,
)
from history.record import Level, SensorRecord, StoreError
from history.sums import is_shown

HITS: Final = "hits"
"""Unit of statistics of which none is known."""


class ClickhouseTarget:
    """See `Target`. `units` has the units of statistics by name. It only ever inserts."""

    def __init__(
        self, address: StoreAddress, secret: str, units: Mapping[str, str] | None = None, door: Door | None = None
    ) -> None:
        """Take the address, the password and the units; it connects when records are sent.

        Raises:
            StoreError: the package is missing.
        """
        self._door: Door = door or ConnectDoor(address, secret)
        self._place = Place(address.database, address.cluster)
        self._units = units or {}
        self._noted: set[str] = set()

    def send(self, records: Sequence[SensorRecord]) -> None:
        """See `Target.send`."""
        try:
            self._note_units(records)
            sizes: dict[int, int] = {}
            for level in Level:
                sizes |= self._send_sums(level, [record for record in records if record.series.level is level])
            self._insert(ALERTS, ALERT_COLUMNS, alert_columns(records), _token(records))
            rows = record_columns(records, [sizes[id(record)] for record in records])
            self._insert(RECORDS, RECORD_COLUMNS, rows, _token(records))
        except StoreError:
            self._noted.clear()  # the tables may have been made anew
            raise

    def close(self) -> None:
        """See `Target.close`."""
        self._door.close()

    def _send_sums(self, level: Level, records: Sequence[SensorRecord]) -> dict[int, int]:
        """Return the number of rows of each record, by its id()."""
        columns, sizes = sum_columns(records)
        self._insert(SUMS[level], SUM_COLUMNS, columns, _token(records))
        return {id(record): size for record, size in zip(records, sizes, strict=True)}

    def _note_units(self, records: Sequence[SensorRecord]) -> None:
        """Store the units of statistics that were not sent before."""
        names = {part.name for record in records for bucket in record.buckets for part in bucket.statistics}
        new = sorted(name for name in names - self._noted if is_shown(name))
        units = [self._units.get(name, HITS) for name in new]
        self._insert(STATISTICS, STATISTIC_COLUMNS, [[plain(name) for name in new], units])
        self._noted.update(new)

    def _insert(self, table: str, columns: Sequence[Column], values: Columns, token: str = "") -> None:
        if values[0]:
            self._door.insert(self._place.table(table), columns, values, token)


def _token(records: Sequence[SensorRecord]) -> str:
    """Return a token that is the same each time the same records are sent."""
    identities = [(*record.series, record.sequence) for record in records]
    return blake2b(repr(identities).encode("utf-8", "replace"), digest_size=16).hexdigest()

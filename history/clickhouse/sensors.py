"""The last word of each sensor.

Those that sent something lately are asked for each time; those that fell silent only now and then, because all records
are looked at for that.
"""

from typing import Final

from history.clickhouse.door import Door
from history.clickhouse.schema import RECORDS, Place
from history.fleet import SensorState
from history.record import Facts, Level

RECENT: Final = 600
"""Seconds, by the server's clock, in which a bucket is recent."""
SILENT_FOR: Final = 300.0
"""Seconds for which those that fell silent are remembered."""


class SensorReader:
    """Reads the states of all sensors. A sensor is known as long as its longest periods are kept."""

    def __init__(self, door: Door, place: Place) -> None:
        self._door = door
        self._table = place.table(RECORDS)
        self._silent: dict[str, SensorState] = {}
        self._asked_at = -SILENT_FOR

    def states(self, now: float) -> list[SensorState]:
        """Return the state of each sensor, by name, given the reader's clock.

        Raises:
            StoreError: the server cannot be asked.
        """
        if not 0 <= now - self._asked_at < SILENT_FOR:
            self._silent = self._states("1")
            self._asked_at = now
        recent = self._states(f"level = {int(Level.BUCKET)} AND start >= now() - {RECENT}")
        found = {**self._silent, **recent}
        self._silent = found
        return [found[name] for name in sorted(found)]

    def _states(self, condition: str) -> dict[str, SensorState]:
        received = self._door.dialect.epoch
        facts = ", ".join(f"argMax({name}, until)" for name in ("vantage", "source", "version", "bucket_size"))
        columns = self._door.query(
            f"SELECT sensor, {facts}, toUInt32(max(until)), max({received}), max(written - {received})"
            f" FROM {self._table} WHERE {condition} GROUP BY sensor"
        )
        return {
            name: SensorState(name, Facts(vantage, source, version, size), float(until), at, skew)
            for name, vantage, source, version, size, until, at, skew in zip(*columns, strict=True)
        }

"""The last word of each sensor."""

from typing import Final

from history.clickhouse.door import Door
from history.clickhouse.schema import RECORDS, Place
from history.fleet import SensorState
from history.record import Facts, Level

RECENT: Final = 3600
"""Seconds before the latest record in which all records are looked at; before that, only those of longer periods."""
_SKEW: Final = 600
"""Seconds before the latest record of which the clock is compared."""


def sensor_states(door: Door, place: Place) -> list[SensorState]:
    """Return the state of each sensor, by name. A sensor is known as long as its longest periods are kept."""
    table, received = place.table(RECORDS), door.dialect.epoch
    facts = ", ".join(f"argMax({name}, until)" for name in ("vantage", "source", "version", "bucket_size"))
    longer = f"level > {int(Level.BUCKET)}"
    newest = f"level = {int(Level.BUCKET)} AND start >= now() - {RECENT}"
    columns = door.query(
        f"SELECT sensor, {facts}, toUInt32(max(until)), max({received}),"
        f" maxIf(written - {received}, received >= now() - {_SKEW}), max(written - {received})"
        f" FROM {table} WHERE ({longer}) OR ({newest}) GROUP BY sensor ORDER BY sensor"
    )
    return [
        SensorState(name, Facts(vantage, source, version, size), float(until), at, recent or ever)
        for name, vantage, source, version, size, until, at, recent, ever in zip(*columns, strict=True)
    ]

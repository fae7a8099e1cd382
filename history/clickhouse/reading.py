"""Reads the sums of many sensors from ClickHouse. `arrivals.py` reads what arrives."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any, Final

from history.address import StoreAddress
from history.archive import StoredTop
from history.clickhouse.alerts import AlertReader
from history.clickhouse.arrivals import ArrivalReader, Cursor
from history.clickhouse.connect import ConnectDoor
from history.clickhouse.counts import LEVELS, ClickhouseCounts
from history.clickhouse.door import Door
from history.clickhouse.migration import require_version
from history.clickhouse.queries import ORDER, Queries
from history.clickhouse.schema import RECORDS, STATISTICS, Place
from history.clickhouse.sensors import SensorReader
from history.clickhouse.spans import Stored, Tile, awaited, cover, earliest, span, width_of
from history.fleet import Arrivals, SensorAlert, SensorState
from history.periods import PeriodLevel
from history.record import HEALTH, SENSORS, Level, StoreError
from history.report import REQUESTS
from history.sums import Minute, StoredAlert, is_shown
from store.distribution import NO_TIMES, Distribution
from store.sums import NOTHING, OTHER, ClosedBucket, Sums
from store.watched import WATCHED

READ_ONLY: Final = "this store is only read here; sensors write it"
REMEMBERED: Final = 30.0
"""Seconds for which the names of the statistics, and which periods are stored, are remembered."""
LAG: Final = 300.0
"""Seconds within which a replica gets the sums of a record that it has."""


class ClickhouseFleet:
    """A `FleetArchive` in ClickHouse. All times are UTC."""

    def __init__(
        self,
        address: StoreAddress,
        secret: str,
        door: Door | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Connect.

        Raises:
            StoreError: the package is missing, the server cannot be used, or its tables are of another version.
        """
        self._door: Door = door or ConnectDoor(address, secret)
        self._place = Place(address.database, address.cluster)
        require_version(self._door, self._place)
        self._clock = clock
        self._arrivals = ArrivalReader(self._door, self._place)
        self._states = SensorReader(self._door, self._place)
        self._choose(None)

    def _choose(self, sensors: Collection[str] | None) -> None:
        self._sensors = sensors
        self._queries = Queries(self._place, self._door.dialect.final, sensors)
        self._alerts = AlertReader(self._door, self._place, self._queries)
        self._stored = Stored({})
        self._units: Mapping[str, str] = {}
        self._asked_at = -REMEMBERED

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `FleetArchive.warnings`."""
        return self._arrivals.warnings

    def of(self, sensors: Collection[str]) -> "ClickhouseFleet":
        """See `FleetArchive.of`."""
        fleet = ClickhouseFleet.__new__(ClickhouseFleet)
        fleet._door, fleet._place, fleet._clock = self._door, self._place, self._clock
        fleet._arrivals, fleet._states = self._arrivals, self._states
        fleet._choose(frozenset(sensors))
        return fleet

    def close(self) -> None:
        """See `Archive.close`."""
        self._door.close()

    # Sensors ----------------------------------------------------------------------------------------------------------

    def sensors(self) -> list[SensorState]:
        """See `FleetArchive.sensors`."""
        return self._states.states(self._clock())

    def statistics(self) -> dict[str, str]:
        """See `FleetArchive.statistics`."""
        self._ask_again()
        return dict(self._units)

    def health(self, since: float) -> Mapping[str, Mapping[str, int]]:
        """See `FleetArchive.health`."""
        tiles = self._cover(since, max(since, self.latest()))
        found: dict[str, dict[str, int]] = {}
        for (sensor, name), sums in self._summed(HEALTH, "(sensor, key)", tiles):
            found.setdefault(sensor, {})[name] = sums.count
        return found

    def sensor_alerts(self, since: float) -> list[SensorAlert]:
        """See `FleetArchive.sensor_alerts`. The active alerts of a sensor that fell silent ended with it."""
        return self._alerts.since(since, self.sensors())

    def alerts(self, since: float) -> list[StoredAlert]:
        """See `Archive.alerts`. The explanation of each names its sensor."""
        return self._alerts.named_since(since, self.sensors())

    # Sums -------------------------------------------------------------------------------------------------------------

    def top(self, statistic: str, since: float, until: float, limit: int) -> StoredTop:
        """See `Archive.top`."""
        name, by, unit = self._asked(statistic)
        tiles = self._cover(since, until)
        only, given = ("1", {}) if by == "sensor" else ("grouped != {other:String}", {"other": OTHER})
        sql = self._queries.highest(by, tiles, ORDER[unit], limit, only)
        found = _rows(self._ask(sql, statistic=name, **given))
        whole, rows = (found[0][1], found[1:]) if found else (NOTHING, [])
        bins = self._bins(name, by, tiles, [key for key, _ in rows])
        rows = [(key, replace(sums, times=bins.get(key, NO_TIMES))) for key, sums in rows]
        first, last = span(tiles)
        return StoredTop(float(first), float(last), rows, whole)

    def sums(self, statistic: str, keys: Sequence[str], since: float, until: float) -> dict[str, Sums]:
        """See `Archive.sums`."""
        name, by, _ = self._asked(statistic)
        return dict(self._summed(name, by, self._cover(since, until), only=_among(by), keys=list(keys))) if keys else {}

    def periods(self, statistic: str, since: float, until: float) -> list[tuple[float, Sums]]:
        """See `Archive.periods`."""
        return self._by_start(statistic, self._cover(since, until))

    def totals(self, statistic: str, level: PeriodLevel, since: float, until: float) -> list[tuple[float, Sums]]:
        """See `Archive.totals`."""
        own = LEVELS[level]
        width = width_of(own)
        tiles = self._cover(since // width * width, until, own)
        return [(start, sums) for start, sums in self._by_start(statistic, tiles, width) if start < until]

    def counts(self) -> ClickhouseCounts:
        """See `FleetArchive.counts`."""
        return ClickhouseCounts(self._door, self._place, self._queries)

    # Time -------------------------------------------------------------------------------------------------------------

    def watched(self, since: float, until: float) -> float:
        """See `Archive.watched`. In each period, the sensor that watched longest counts."""
        found = self._ask(self._queries.watched(self._cover(since, until)), statistic=WATCHED)
        return min(until - since, float(found[0][0] or 0.0)) if found and found[0] else 0.0

    def earliest(self) -> float | None:
        """See `Archive.earliest`."""
        self._ask_again()
        return earliest(self._stored.firsts)

    def latest(self) -> float:
        """See `Archive.latest`: the end of the last bucket."""
        chosen = self._queries.chosen("level = 0")
        table = self._place.table(RECORDS)
        # The last start is known from the partitions; only records around it are read.
        [newest] = self._ask(f"SELECT toUInt32(max(start)) FROM {table} WHERE {chosen}") or [[0]]
        recent = f"start >= toDateTime({max(0, int(newest[0]) - 3600)})"
        [ends] = self._ask(f"SELECT toUInt32(max(until)) FROM {table} WHERE {chosen} AND {recent}") or [[0]]
        return float(ends[0])

    # What arrives -----------------------------------------------------------------------------------------------------

    def arrived(self, cursor: object | None) -> Arrivals:
        """See `FleetArchive.arrived`."""
        if not isinstance(cursor, Cursor | None):
            raise TypeError("the cursor of another store")
        return self._arrivals.since(cursor, self._sensors)

    def past(self, since: float, until: float) -> Iterator[ClosedBucket]:
        """See `FleetArchive.past`. The first cursor is that of the last call of `arrived` without one."""
        return self._arrivals.past(since, until, self._sensors)

    # Nobody writes here -----------------------------------------------------------------------------------------------

    def write(self, minute: Minute) -> None:
        """Refuse it."""
        raise StoreError(READ_ONLY)

    def write_alert(self, alert: StoredAlert) -> None:
        """Refuse it."""
        raise StoreError(READ_ONLY)

    # ------------------------------------------------------------------------------------------------------------------

    def _ask(self, sql: str, **parameters: str | Sequence[str]) -> list[Sequence[Any]]:
        return self._door.query(sql, self._queries.parameters(**parameters))

    def _ask_again(self) -> None:
        """Ask which statistics there are, and from when on, if that was asked a while ago."""
        if self._clock() - self._asked_at < REMEMBERED:
            return
        units = self._ask(f"SELECT name, unit FROM {self._place.table(STATISTICS)} FINAL")
        known = {name: unit if unit in ORDER else "hits" for name, unit in zip(*units, strict=True) if is_shown(name)}
        self._units = {**known, SENSORS: "hits"} if REQUESTS in known else known
        chosen = self._queries.chosen("1")
        firsts = self._ask(
            f"SELECT level, toUInt32(min(start)) FROM {self._place.table(RECORDS)} WHERE {chosen} GROUP BY level"
        )
        starts = {Level(level): float(start) for level, start in zip(*firsts, strict=True)}
        now = self._clock()
        self._stored, self._asked_at = Stored(starts, self._loose(now)), now

    def _loose(self, now: float) -> float:
        """Return the start of the first recent minute that hours do not include; infinity if there is none."""
        [found] = self._ask(self._queries.loose(awaited(now), now - LAG)) or [[0]]
        return float(found[0] or inf) if len(found) else inf

    def _asked(self, statistic: str) -> tuple[str, str, str]:
        """Return the statistic that is read, what its sums are grouped by, and its unit.

        Raises:
            KeyError: the statistic was never stored.
        """
        unit = self.statistics()[statistic]
        return (REQUESTS, "sensor", unit) if statistic == SENSORS else (statistic, "key", unit)

    def _cover(self, since: float, until: float, most: Level = Level.DAY) -> list[Tile]:
        self._ask_again()
        return cover(since, until, self._clock(), self._stored, most)

    def _summed(
        self, statistic: str, by: str, tiles: Sequence[Tile], only: str = "", keys: Sequence[str] = ()
    ) -> list[tuple[Any, Sums]]:
        given = {"keys": keys} if keys else {}
        return _rows(self._ask(self._queries.summed(by, tiles, only), statistic=statistic, **given))

    def _by_start(self, statistic: str, tiles: Sequence[Tile], width: int = 0) -> list[tuple[float, Sums]]:
        name, _, _ = self._asked(statistic)
        found = _rows(self._ask(self._queries.periods(tiles, width), statistic=name))
        return [(float(start), sums) for start, sums in found]

    def _bins(self, name: str, by: str, tiles: Sequence[Tile], keys: Sequence[str]) -> dict[str, Distribution]:
        if not keys:
            return {}
        parts: dict[str, list[Distribution]] = {}
        rows = self._ask(self._queries.bins(by, tiles, _among(by)), statistic=name, keys=keys)
        for key, numbers, hits in zip(*rows, strict=True):
            parts.setdefault(key, []).append(Distribution(tuple(zip(numbers, hits, strict=True))))
        return {key: Distribution.merged(own) for key, own in parts.items()}


def _among(by: str) -> str:
    return f" AND {by} IN {{keys:Array(String)}}"


def _rows(columns: Sequence[Sequence[Any]]) -> list[tuple[Any, Sums]]:
    return [
        (grouped, Sums(count, size, seconds, NO_TIMES, client_errors, server_errors))
        for grouped, count, size, seconds, client_errors, server_errors in zip(*columns, strict=True)
    ]

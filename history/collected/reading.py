"""Reads the files of a collector's sensors as one archive, while the collector writes them.

A file that is damaged, or was written by something else, does not stop the others: `warnings` says so.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import TypeVar

from history.alerts import named_alert
from history.archive import SqliteArchive, StoredTop
from history.collected.adding import (
    added_periods,
    added_sums,
    added_tops,
    with_times,
)
from history.collected.arrivals import Cursor, FolderArrivals
from history.collected.files import Files
from history.collected.tables import state
from history.fleet import Arrivals, SensorAlert, SensorState
from history.periods import PeriodLevel
from history.record import HEALTH, SENSORS, StoreError
from history.report import REQUESTS
from history.sums import Minute, StoredAlert
from store.distribution import Distribution
from store.sums import ClosedBucket, Sums

READ_ONLY = "the files of a collector are only read here; sensors write them"
GONE = 120.0
"""Seconds by which a sensor lags behind the others when its active alerts are taken for ended with it."""
T = TypeVar("T")


class CollectedFleet:
    """A `FleetArchive` of the files in `folder`."""

    def __init__(self, folder: str, zone: tzinfo | None = None) -> None:
        """Open the files.

        Raises:
            StoreError: the folder cannot be read, or has no files of sensors.
        """
        self._files = Files(folder, zone)
        self._arrivals = FolderArrivals(self._files)
        self._chosen: Collection[str] | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Files that cannot be read, and arrivals that were missed."""
        return (*self._files.warnings, *self._arrivals.warnings)

    def of(self, sensors: Collection[str]) -> "CollectedFleet":
        """See `FleetArchive.of`."""
        fleet = CollectedFleet.__new__(CollectedFleet)
        fleet._files, fleet._arrivals, fleet._chosen = self._files, self._arrivals, frozenset(sensors)
        return fleet

    def close(self) -> None:
        """See `Archive.close`."""
        self._files.close()

    # Sensors ----------------------------------------------------------------------------------------------------------

    def sensors(self) -> list[SensorState]:
        """See `FleetArchive.sensors`."""
        found = self._files.each(None, lambda name, archive: state(archive.database, name))
        return [found[name] for name in sorted(found)]

    def statistics(self) -> dict[str, str]:
        """See `FleetArchive.statistics`."""
        found: dict[str, str] = {}
        for units in self._each(SqliteArchive.statistics).values():
            found.update(units)
        return {**found, SENSORS: "hits"} if REQUESTS in found else found

    def health(self, since: float) -> Mapping[str, Mapping[str, int]]:
        """See `FleetArchive.health`."""
        found = self._each(lambda archive: archive.every(HEALTH, since, max(since, archive.latest())).rows)
        return {name: {key: sums.count for key, sums in rows} for name, rows in found.items()}

    # Alerts -----------------------------------------------------------------------------------------------------------

    def sensor_alerts(self, since: float) -> list[SensorAlert]:
        """See `FleetArchive.sensor_alerts`. The active alerts of a sensor that fell silent ended with it."""
        ends = self._each(SqliteArchive.latest)
        silent = max(ends.values(), default=0.0) - GONE
        found = []
        for name, alerts in self._each(lambda archive: archive.alerts(since)).items():
            end = ends.get(name, 0.0)
            for alert in alerts:
                lost = alert.end is None and end < silent
                found.append(SensorAlert(name, alert._replace(end=max(alert.start, end)) if lost else alert))
        return sorted(found, key=lambda each: (-each.alert.start, each.sensor, each.alert.signal))

    def alerts(self, since: float) -> list[StoredAlert]:
        """See `Archive.alerts`. The explanation of each names its sensor."""
        return [named_alert(*each) for each in self.sensor_alerts(since)]

    # Sums -------------------------------------------------------------------------------------------------------------

    def top(self, statistic: str, since: float, until: float, limit: int) -> StoredTop:
        """See `Archive.top`."""
        if statistic == SENSORS:
            return self._top_sensors(since, until, limit)
        unit = self._unit(statistic)
        tops = self._having(statistic, lambda archive: archive.every(statistic, since, until))
        while True:
            top = added_tops(list(tops.values()), unit, limit)
            keys = [key for key, _ in top.rows]
            times = self._having(statistic, partial(_times, statistic, keys, since, until))
            if tops.keys() <= times.keys():
                return with_times(top, list(times.values()))
            tops = {name: tops[name] for name in tops if name in times}  # the rest is damaged

    def sums(self, statistic: str, keys: Collection[str], since: float, until: float) -> dict[str, Sums]:
        """See `Archive.sums`."""
        if statistic == SENSORS:
            wholes = self._wholes(since, until)
            return {name: wholes[name] for name in keys if name in wholes}
        given = list(keys)
        found = self._having(statistic, lambda archive: archive.sums(statistic, given, since, until))
        return added_sums(found.values())

    def periods(self, statistic: str, since: float, until: float) -> list[tuple[float, Sums]]:
        """See `Archive.periods`."""
        name = _counted(statistic)
        return added_periods(self._having(name, lambda archive: archive.periods(name, since, until)).values())

    def totals(self, statistic: str, level: PeriodLevel, since: float, until: float) -> list[tuple[float, Sums]]:
        """See `Archive.totals`."""
        name = _counted(statistic)
        return added_periods(self._having(name, lambda archive: archive.totals(name, level, since, until)).values())

    def counts(self) -> None:
        """See `FleetArchive.counts`: a collector keeps nothing of that."""

    # Time -------------------------------------------------------------------------------------------------------------

    def watched(self, since: float, until: float) -> float:
        """See `Archive.watched`. It is the time of the sensor that ran longest in the span."""
        return max(self._each(lambda archive: archive.watched(since, until)).values(), default=0.0)

    def earliest(self) -> float | None:
        """See `Archive.earliest`."""
        found = self._each(SqliteArchive.earliest).values()
        return min((first for first in found if first is not None), default=None)

    def latest(self) -> float:
        """See `Archive.latest`."""
        return max(self._each(SqliteArchive.latest).values(), default=0.0)

    # What arrives -----------------------------------------------------------------------------------------------------

    def arrived(self, cursor: object | None) -> Arrivals:
        """See `FleetArchive.arrived`."""
        if not isinstance(cursor, Cursor | None):
            raise TypeError("the cursor of another store")
        return self._arrivals.since(cursor, self._chosen)

    def past(self, since: float, until: float) -> Iterator[ClosedBucket]:
        """See `FleetArchive.past`. Begin it before the second call of `arrived`."""
        return self._arrivals.past(since, until, self._chosen)

    # Nobody writes here -----------------------------------------------------------------------------------------------

    def write(self, minute: Minute) -> None:
        """Refuse it."""
        raise StoreError(READ_ONLY)

    def write_alert(self, alert: StoredAlert) -> None:
        """Refuse it."""
        raise StoreError(READ_ONLY)

    # ------------------------------------------------------------------------------------------------------------------

    def _each(self, ask: Callable[[SqliteArchive], T]) -> dict[str, T]:
        """Ask the archive of each chosen sensor; leave out those that cannot answer."""
        return self._files.each(self._chosen, lambda _, archive: ask(archive))

    def _having(self, statistic: str, ask: Callable[[SqliteArchive], T]) -> dict[str, T]:
        """Ask the archive of each chosen sensor that has the statistic.

        Raises:
            KeyError: none of them has it.
        """
        asked = self._each(lambda archive: _unless_unknown(ask, archive))
        found = {name: answer[0] for name, answer in asked.items() if answer}
        if not found:
            raise KeyError(statistic)
        return found

    def _unit(self, statistic: str) -> str:
        return self.statistics()[statistic]

    def _top_sensors(self, since: float, until: float, limit: int) -> StoredTop:
        spans = self._having(REQUESTS, lambda archive: archive.top(REQUESTS, since, until, 0))
        wholes = self._wholes(since, until)
        tops = [span._replace(rows=[(name, wholes[name])]) for name, span in spans.items() if name in wholes]
        times = [{name: sums.times for name, sums in wholes.items()}]
        return with_times(added_tops(tops, "hits", limit), times)

    def _wholes(self, since: float, until: float) -> dict[str, Sums]:
        """Return the sums of all requests of each sensor that had any."""
        found = self._having(REQUESTS, lambda archive: archive.whole(REQUESTS, since, until))
        return {name: sums for name, sums in found.items() if sums.count}


def _counted(statistic: str) -> str:
    """Return the statistic whose totals are those of a statistic."""
    return REQUESTS if statistic == SENSORS else statistic


def _times(
    statistic: str, keys: Sequence[str], since: float, until: float, archive: SqliteArchive
) -> dict[str, Distribution]:
    return archive.times(statistic, keys, since, until)


def _unless_unknown(ask: Callable[[SqliteArchive], T], archive: SqliteArchive) -> tuple[T] | None:
    """Return the answer of an archive; None if it never had the statistic."""
    try:
        return (ask(archive),)
    except KeyError:
        return None

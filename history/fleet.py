"""How the records of many sensors are read: the interface that each store of a fleet implements."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Protocol

from history.archive import Archive
from history.counts import Counts
from history.record import Facts
from history.sums import StoredAlert
from store.sums import ClosedBucket


class SensorState(NamedTuple):
    """The last word of a sensor."""

    name: str
    facts: Facts
    latest: float
    """End of its latest bucket, in packet time."""
    received: float
    """When the store took its latest record, by the store's clock."""
    skew: float
    """Seconds that its clock was ahead of the store's then. Delays of sending make it lower, so it is the highest of
    the latest records.
    """


class Arrivals(NamedTuple):
    """Bucket records that arrived since the last call."""

    buckets: tuple[ClosedBucket, ...]
    """Summed over the sensors, oldest first, with the statistic SENSORS added."""
    cursor: object
    """For the next call, also of the same store with another choice of sensors."""


class SensorAlert(NamedTuple):
    """An alert that a sensor raised itself."""

    sensor: str
    alert: StoredAlert


class FleetArchive(Archive, Protocol):
    """The sums of several sensors, added up; all of them, or those chosen by `of`.

    As for one host, hours and days are read where they are whole and old enough to be complete, and minutes elsewhere.
    """

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is left out, in sentences for the user: sensors that cannot be read, records that were missed."""

    def statistics(self) -> dict[str, str]:
        """Return name and unit of each stored statistic that is shown."""

    def sensors(self) -> list[SensorState]:
        """Return all sensors that are known, by name, whatever was chosen."""

    def of(self, sensors: Collection[str]) -> "FleetArchive":
        """Return the same store, restricted to these sensors. It shares the connection."""

    def counts(self) -> Counts | None:
        """Return what the signals of the sensors counted; None if the store does not keep it in periods."""

    def arrived(self, cursor: object | None) -> Arrivals:
        """Return what has arrived since `cursor`, each record once; None only returns a cursor for what comes next."""

    def past(self, since: float, until: float) -> Iterator[ClosedBucket]:
        """Iterate over what arrived before the first cursor since the store was opened, latest first, in periods that
        get longer with age. Begin before the second call of `arrived`.
        """

    def sensor_alerts(self, since: float) -> list[SensorAlert]:
        """Return the alerts of each sensor that were active or started after `since`, latest first."""

    def health(self, since: float) -> Mapping[str, Mapping[str, int]]:
        """Return what each sensor counted as HEALTH in the periods that start at `since` or later, by name."""

"""What sensors send to a store of many sensors: records that never change, and count once however often they come.

Each sensor writes four series of records, one per `Level`. A record of a longer level is the sum of records of the
level below, so each level counts everything exactly once. Records add up: each is a part of a period, not the whole.
Pure.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol

from history.sums import StoredAlert
from store.sums import ClosedBucket


class Level(IntEnum):
    """The length of the periods in a record. Hours and days are those of UTC: sensors may be in several time zones."""

    BUCKET = 0
    """Buckets of the store, `dashboard_bucket_size` long."""
    MINUTE = 1
    HOUR = 2
    DAY = 3


WIDTHS = {Level.MINUTE: 60, Level.HOUR: 3600, Level.DAY: 86400}
"""Seconds of the longer periods."""


class Series(NamedTuple):
    """One series of records."""

    sensor: str
    """Name of the sensor, by default its host's: 1 to 64 of A-Z a-z 0-9 . _ -"""
    spool: int
    """Random number of 63 bits, chosen when the sensor's spool was made: a sensor that is set up again starts a new
    series instead of repeating the sequence numbers of the old one.
    """
    level: Level


class Facts(NamedTuple):
    """What a sensor says of itself in each record."""

    vantage: str
    """Where in the network it captures, such as `edge`; sensors of different vantages may see the same connections."""
    source: str
    """Interface and ports."""
    version: str
    """Version of the program."""
    bucket_size: int
    """Seconds of its buckets."""


class SensorRecord(NamedTuple):
    """Part of what a sensor counted."""

    series: Series
    sequence: int
    """Number of the record in its series, from 1 without gaps."""
    through: int
    """Sequence of the last record of the level below that it includes; 0 for buckets."""
    written: float
    """The sensor's clock, in seconds since the epoch, when the record was written."""
    facts: Facts
    buckets: tuple[ClosedBucket, ...]
    """The periods, or parts of them; the statistics of a bucket include those of `store.watched`, of the signals
    (`signals.*`) and of health (`HEALTH`). They may be empty: the record then says that the sensor is alive.
    """
    alerts: tuple[StoredAlert, ...] = ()
    """Alerts that started, changed or ended; only in buckets."""


HEALTH = "(health)"
"""Name of the statistic with what capture and decoder counted since the previous record, by name: the totals of
`traffic.health.Health` such as `frames`, `dropped`, `unreadable TLS` and the like, and oddities.
"""
SENSORS = "top_sensors"
"""Name of the statistic that readers make: requests by sensor."""


class StoreError(Exception):
    """A store refused something, or cannot be reached. The text is one line for the user."""

    def __init__(self, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.refused = refused
        """Whether the records themselves were refused, so that sending them again is useless."""


class Target(Protocol):
    """Where a sensor's records go. It connects when something is sent, and `send` has time-outs of its own. If it knows
    the store's time, it has `skew`: the seconds that this clock is ahead of it, or None.
    """

    def send(self, records: Sequence[SensorRecord]) -> None:
        """Store the records; each counts once, however often it is sent.

        Raises:
            StoreError: some of them may not be stored.
        """

    def close(self) -> None:
        """Close the connection. It may be called twice."""

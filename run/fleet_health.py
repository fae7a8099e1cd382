"""What the sensors of a fleet say about capture and decoder, as one health for the screen. Pure."""

from dataclasses import fields
from typing import Final, NamedTuple

from alerting.overload import Taken
from history.record import HEALTH
from store.store import Store
from store.sums import ClosedBucket
from traffic.health import Health
from view.builder import Reading

FRAMES: Final = "frames"
DROPPED: Final = "dropped"
"""Packets that the kernel dropped."""
LOST: Final = "lost"
NAMES: Final = 500
"""Most names that are read."""
_NUMBERS: Final = {each.name for each in fields(Health) if each.type in (int, "int")} - {"connections"}


class CountedHealth(NamedTuple):
    """What all sensors counted as health."""

    health: Health
    """Totals of the retention. Names that are no field of it are oddities."""
    dropped: int
    """Packets that the kernel dropped in that time."""
    frames: int
    """Packets in the last closed bucket."""

    def reading(self, warnings: tuple[str, ...]) -> Reading:
        """Return it for a View, with sentences for the user."""
        return Reading(self.health, self.dropped, warnings)


def health_of(store: Store) -> CountedHealth:
    """Return the health of all sensors in a store."""
    health, dropped, frames = Health(), 0, 0
    for row in store.top(HEALTH, NAMES).rows:
        if row.key in _NUMBERS:
            setattr(health, row.key, row.window.count)
        elif row.key == DROPPED:
            dropped = row.window.count
        else:
            health.oddities[row.key] = row.window.count
        frames = row.recent.count if row.key == FRAMES else frames
    return CountedHealth(health, dropped, frames)


class TakenByAll:
    """Totals of what the sensors took and dropped since the start, from which an overload is known."""

    def __init__(self) -> None:
        self._totals = dict.fromkeys((FRAMES, DROPPED, "requests", LOST), 0)

    def add(self, bucket: ClosedBucket) -> None:
        """Add the health in a bucket."""
        for part in bucket.statistics:
            if part.name == HEALTH:
                for key, sums in part.keyed.items():
                    if key in self._totals:
                        self._totals[key] += sums.count

    @property
    def reading(self) -> tuple[Taken, Taken]:
        """Return the totals of packets and of records."""
        frames, dropped, requests, lost = self._totals.values()
        return Taken(frames, dropped), Taken(requests, lost)

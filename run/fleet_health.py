"""What the sensors of a fleet say about capture and decoder, as one health for the screen. Pure."""

from dataclasses import fields, replace
from typing import Final

from alerting.overload import Taken
from history.record import HEALTH
from store.store import Store
from store.sums import ClosedBucket
from traffic.health import Health
from view.builder import Reading
from view.view import HealthView, View

DROPPED: Final = "dropped"
"""Packets that the kernel dropped."""
LOST: Final = "lost"
NAMES: Final = 500
"""Most names that are read."""
_NUMBERS: Final = {each.name for each in fields(Health) if each.type in (int, "int")} - {"connections"}


def reading_of(store: Store, warnings: tuple[str, ...]) -> Reading:
    """Return what all sensors counted in the retention. Names that are no field of `Health` are oddities."""
    health, dropped = Health(), 0
    for row in store.top(HEALTH, NAMES).rows:
        if row.key in _NUMBERS:
            setattr(health, row.key, row.window.count)
        elif row.key == DROPPED:
            dropped = row.window.count
        else:
            health.oddities[row.key] = row.window.count
    return Reading(health, dropped, warnings)


def with_rate(view: View, store: Store) -> View:
    """Return the View with the packets per second of the last closed bucket."""
    frames = next((row.recent.count for row in store.top(HEALTH, NAMES).rows if row.key == "frames"), 0)
    health: HealthView = replace(view.health, packet_rate=frames / view.bucket_size)
    return replace(view, health=health)


class TakenByAll:
    """Totals of what the sensors took and dropped since the start, from which an overload is known."""

    def __init__(self) -> None:
        self._totals = dict.fromkeys(("frames", DROPPED, "requests", LOST), 0)

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

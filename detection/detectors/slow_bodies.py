"""Requests whose bodies come at a few bytes per second, which occupy a server's workers: RUDY."""

from collections.abc import Iterator

from detection.slow import SlowClients
from traffic.batch import Batch
from traffic.finding import Finding
from traffic.records import SLOW_BODY, Exchange, Strain


class SlowBodies:
    """Clients with at least `floor` bodies that hardly go on at a time, and servers with five times as many from many.

    See `detection.slow`.
    """

    name, title, records = "slow_bodies", "Requests whose bodies hardly go on", (Strain, Exchange)

    def __init__(self, floor: int = 20) -> None:
        self._slow = SlowClients(self.name, SLOW_BODY, floor, "requests open whose bodies hardly go on")

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        return self._slow.look(batch)

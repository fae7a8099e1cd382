"""Requests whose heads never end, which occupy a server's connections: slowloris."""

from collections.abc import Iterator

from detection.slow import SlowClients
from traffic.batch import Batch
from traffic.finding import Finding
from traffic.records import SLOW_HEAD, Exchange, Strain


class SlowHeads:
    """Clients with at least `floor` unfinished heads at a time, and servers with five times as many from many.

    See `detection.slow`.
    """

    name, title, records = "slow_heads", "Requests whose heads never end", (Strain, Exchange)

    def __init__(self, floor: int = 20) -> None:
        self._slow = SlowClients(self.name, SLOW_HEAD, floor, "requests open whose heads do not end")

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        return self._slow.look(batch)

"""Responses that clients have no room for, which occupy a server's buffers and workers."""

from collections.abc import Iterator

from detection.slow import SlowClients
from traffic.batch import Batch
from traffic.finding import Finding
from traffic.records import SLOW_READ, Exchange, Strain


class SlowReads:
    """Clients that hardly read at least `floor` responses at a time, and servers with five times as many from many.

    See `detection.slow`.
    """

    name, title, records = "slow_reads", "Responses that are hardly read", (Strain, Exchange)

    def __init__(self, floor: int = 40) -> None:
        self._slow = SlowClients(self.name, SLOW_READ, floor, "responses waiting that it hardly reads")

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        return self._slow.look(batch)

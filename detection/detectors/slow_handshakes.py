"""TLS handshakes in which clients do not go on."""

from collections.abc import Iterator

from detection.slow import SlowClients
from traffic.batch import Batch
from traffic.finding import Finding
from traffic.records import SLOW_HANDSHAKE, Exchange, Strain, TlsHandshake


class SlowHandshakes:
    """Clients with at least `floor` unfinished handshakes at a time, and servers with five times as many from many.

    See `detection.slow`.
    """

    name, title, records = "slow_handshakes", "TLS handshakes that never end", (Strain, Exchange, TlsHandshake)

    def __init__(self, floor: int = 20) -> None:
        self._slow = SlowClients(self.name, SLOW_HANDSHAKE, floor, "TLS handshakes unfinished")

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        return self._slow.look(batch)

"""A client that tries many servers and ports without opening a connection."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final, NamedTuple

from detection.exchanges import Row, chosen, marked
from detection.tally import Distinct, Repeats, Tally
from traffic.batch import Batch
from traffic.finding import LOW, MEDIUM, Finding
from traffic.records import ABANDONED, HALF_OPEN, REFUSED, Exchange, Strain

WINDOW: Final = 60.0
"""Seconds: the window of the tally."""
PAUSE: Final = 600.0
"""Seconds until the same client is reported again."""
PATIENCE: Final = 20.0
"""Seconds after which a suspect is judged: who tries the same ports again meanwhile only checks whether they are up."""
REPEATED: Final = 3
"""Attempts for each port, on average, with which it is no scan but a load balancer that checks its servers."""
UNOPENED: Final = frozenset({HALF_OPEN, ABANDONED, REFUSED})
MAX_SUSPECTS: Final = 1000
"""Clients that wait to be judged; the first ones count."""


class Suspect(NamedTuple):
    """A client that has tried many ports."""

    time: float
    ports: int
    server: str
    server_port: int


class SynScan:
    """Clients that left connections to at least `floor` ports of servers unopened in a minute.

    The Internet is full of scanners, so the finding is low unless the client has a private address.
    """

    name, title, records = "syn_scan", "Scans of ports", (Strain, Exchange)

    def __init__(self, floor: int = 50) -> None:
        self._floor = floor
        self._ports = Distinct(WINDOW, most=10 * floor)
        self._attempts = Tally(WINDOW)
        self._suspects: dict[str, Suspect] = {}
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(Strain)
        for row in chosen(table, marked(table.texts("kind"), UNOPENED.__contains__), "client"):
            yield from self._judged(row.time)
            if row.texts[0]:
                self._count(row, row.texts[0], int(table.numbers("amount")[row.number]))
        exchanges = batch.table(Exchange)
        if self._suspects and len(exchanges):
            yield from self._judged(float(exchanges.numbers("time").max()))

    def _count(self, row: Row, client: str, attempts: int) -> None:
        self._attempts.add(client, row.time, attempts)
        ports = self._ports.add(client, row.time, f"{row.server} {row.server_port}")
        known = self._suspects.get(client)
        if ports >= self._floor and (known or len(self._suspects) < MAX_SUSPECTS):
            self._suspects[client] = Suspect(known.time if known else row.time, ports, row.server, row.server_port)

    def _judged(self, time: float) -> Iterator[Finding]:
        """Judge the suspects that have waited long enough."""
        for client, suspect in list(self._suspects.items()):
            if suspect.time - PATIENCE <= time < suspect.time + PATIENCE:
                return  # they are in the order of their times
            del self._suspects[client]
            if time < suspect.time:
                continue  # by another clock
            attempts = self._attempts.total(client, time)
            if attempts <= REPEATED * suspect.ports and self._repeats.is_first(client, time):
                yield self._finding(time, client, suspect)

    def _finding(self, time: float, client: str, suspect: Suspect) -> Finding:
        inside = ip_address(client.partition("%")[0]).is_private
        severity, technique = (MEDIUM, "T1046") if inside else (LOW, "T1595.001")
        reason = f"{client} tried {suspect.ports:,} ports of servers in a minute and opened no connection to them"
        server = suspect.server, suspect.server_port
        return Finding(time, self.name, self.name, severity, client, 0, *server, "", "", reason, "", technique)

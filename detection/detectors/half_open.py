"""Connections that a server accepts and nobody completes: a SYN flood."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from detection.exchanges import text_at
from detection.rates import Rates
from detection.tally import Escalation
from traffic.batch import Batch, Table
from traffic.finding import HIGH, LOW, MEDIUM, Finding
from traffic.records import HALF_OPEN, Exchange, Strain

WINDOW: Final = 60.0
"""Seconds: the window of the counts."""
PAUSE: Final = 600.0
"""Seconds until the same server is reported again."""
MOSTLY: Final = 0.5
"""Share of one client in the connections of a server, from which it is named."""
RISE: Final = 5
"""Factor above what is usual."""
SURE: Final = 3
"""Factor above the floor from which a finding is medium, although it is not known what is usual."""
MANY: Final = 10
"""Factor above the floor from which a finding is high."""

Server = tuple[str, int]


class HalfOpen:
    """Servers with at least `floor` half-open connections in a minute, and more than usual.

    In the first five minutes it is not known what is usual, so the finding is low unless there are very many.
    """

    name, title, records = "half_open", "Connections that nobody completes", (Strain, Exchange)

    def __init__(self, floor: int = 1000) -> None:
        self._floor = floor
        self._servers, self._clients = Rates(WINDOW), Rates(WINDOW)
        self._reported = Escalation(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        exchanges = batch.table(Exchange)
        if len(exchanges):
            self._servers.add("", float(exchanges.numbers("time").max()), 0)  # what is usual may be nothing
        table = batch.table(Strain)
        if len(table):
            time = float(table.numbers("time").max())
            for (client, server), count in _counts(table).items():
                yield from self._judged(time, client, server, count)

    def _judged(self, time: float, client: str, server: Server, count: int) -> Iterator[Finding]:
        name = f"{server[0]} port {server[1]}"
        total, usual = self._servers.add(name, time, count), self._servers.usual(name)
        by_one = self._clients.add(f"{client} {name}", time, count) if client else 0
        if total < self._floor or total < RISE * (usual or 0.0):
            return
        unsure = usual is None and total < SURE * self._floor
        severity = LOW if unsure else HIGH if total >= MANY * self._floor else MEDIUM
        if self._reported.is_news(severity, name, time):
            named = client if by_one >= MOSTLY * total else ""
            share = f", {by_one / total:.0%} of them from {client}" if named else ", from many addresses"
            usually = "" if usual is None else f"; usually there are {usual:,.0f}"
            reason = f"{total:,} connections to {name} were not completed in a minute{share}{usually}"
            yield Finding(time, self.name, self.name, severity, named, 0, *server, "", "", reason, "", "T1499.001")


def _counts(table: Table) -> Counter[tuple[str, Server]]:
    """Return how many connections are half open, by client, which is empty if there are many, and server."""
    counts: Counter[tuple[str, Server]] = Counter()
    kinds, clients, servers = table.texts("kind"), table.texts("client"), table.texts("server")
    ports, numbers = table.numbers("server_port"), table.numbers("amount")
    for row in range(len(table)):
        if text_at(kinds, row) == HALF_OPEN:
            server = text_at(servers, row) or "", int(ports[row])
            counts[text_at(clients, row) or "", server] += int(numbers[row])
    return counts

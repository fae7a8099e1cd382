"""Finds clients that keep many requests open by being slow, and servers where many clients do. Pure.

The core tells of each connection that waits for its client every `PERIOD`. Counted are those of one period together,
so a number is how many there are at a time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from detection.exchanges import text_at
from detection.halves import halves
from detection.rates import Rates
from detection.tally import LATE, Escalation, Tally
from traffic.batch import Batch, Table
from traffic.finding import HIGH, LOW, MEDIUM, Finding
from traffic.records import Exchange, Strain

PERIOD: Final = 5.0
"""Seconds in which the core looks at each connection once."""
PAUSE: Final = 600.0
"""Seconds until the same client or server is reported again."""
MAX_CONNECTIONS: Final = 20_000
"""Connections that are counted in a period. Further ones are not counted in it."""
WINDOW: Final = 60.0
"""Seconds: the window in which the exchanges of a client are counted."""
SEEN: Final = 10.0
"""Seconds for which its exchanges must have been counted before a client is judged."""
SHARE: Final = 0.1
"""Slow connections for each exchange in a minute, below which a client has many users, such as a gateway."""
MANY: Final = 5
"""Factor above the floor: of a client, from which a finding is high; of a server, from which there is one."""
RISE: Final = 3
"""Factor above what is usual at a server."""

Server = tuple[str, int]


class Slow(NamedTuple):
    """A connection that waits for its client."""

    client: str
    server: Server
    since: float
    requests: int
    """Requests on it that wait."""


class Period:
    """The connections of one kind that wait in the current period."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._number = 0
        self._waiting: dict[tuple[str, int, Server], Slow] = {}

    def ended(self, table: Table) -> Iterator[tuple[float, list[Slow]]]:
        """Count the rows of a table, and iterate over the periods that end meanwhile: time and what waited."""
        kinds = table.texts("kind")
        (rows,) = np.array([*(kind == self._kind for kind in kinds.values), False], np.bool_)[kinds.codes].nonzero()
        if not len(rows):
            return
        times, since, amounts = table.numbers("time"), table.numbers("since"), table.numbers("amount")
        ports, server_ports = table.numbers("client_port"), table.numbers("server_port")
        clients, servers = table.texts("client"), table.texts("server")
        for row in rows.tolist():
            yield from self.moved_to(float(times[row]))
            client, server = text_at(clients, row) or "", (text_at(servers, row) or "", int(server_ports[row]))
            key = client, int(ports[row]), server
            if key in self._waiting or len(self._waiting) < MAX_CONNECTIONS:
                self._waiting[key] = Slow(client, server, float(since[row]), int(amounts[row]))

    def moved_to(self, time: float) -> Iterator[tuple[float, list[Slow]]]:
        """Move on to the period that contains `time`; yield the one that ends with it, if something waited."""
        number = int(time // PERIOD)
        if number > self._number or number < self._number - LATE:
            if self._waiting:
                yield (self._number + 1) * PERIOD, list(self._waiting.values())
            self._number, self._waiting = number, {}


class Exchanges:
    """The exchanges of each client and server in a minute, counted while connections are slow."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._counts = Tally(WINDOW)

    def begin(self, time: float) -> None:
        """Count from now on, unless that goes on already."""
        if self._since is None or time < self._since:
            self._since = time

    def stop(self) -> None:
        """Count no longer."""
        self._since, self._counts = None, Tally(WINDOW)

    def add(self, table: Table) -> None:
        """Count the rows of a table, if they matter."""
        if self._since is None:
            return
        for half in halves(table, WINDOW):
            for column in ("source", "server"):
                for address, count in half.counts(column).items():
                    self._counts.add(address, half.time, count)

    def per_minute(self, address: str, time: float) -> float | None:
        """Return how many a client or server had in a minute; None if it was not counted for long enough."""
        seen = 0.0 if self._since is None else time - self._since
        if seen < SEEN:
            return None
        return self._counts.total(address, time) * WINDOW / min(seen, 0.75 * WINDOW)


class SlowClients:
    """Clients with at least `floor` slow connections of a kind at a time, and servers with many from many clients.

    They must be many compared with the exchanges of the client or server, so a gateway with thousands of users, a few
    of whom have a bad line, is none. Servers are also compared with what is usual there.
    """

    def __init__(self, name: str, kind: str, floor: int, what: str) -> None:
        """`what` says what was kept waiting, after a number."""
        self._name, self._floor, self._what = name, floor, what
        self._period = Period(kind)
        self._exchanges = Exchanges()
        self._rates = Rates(2 * PERIOD)
        self._reported = Escalation(PAUSE)
        self._last = 0.0

    def look(self, batch: Batch) -> Iterator[Finding]:
        """Return what is found in the strain of a batch."""
        for time, waiting in self._period.ended(batch.table(Strain)):
            yield from self._judged(time, waiting)
        exchanges = batch.table(Exchange)
        if not len(exchanges):
            return
        self._exchanges.add(exchanges)
        now = float(exchanges.numbers("time").max())
        self._rates.add("", now, 0)  # so that it is known what is usual, also where nothing is
        for time, waiting in self._period.moved_to(now):
            yield from self._judged(time, waiting)
        if now - self._last > PAUSE:
            self._exchanges.stop()

    def _judged(self, time: float, waiting: list[Slow]) -> Iterator[Finding]:
        self._last = time
        self._exchanges.begin(time)
        by_client: defaultdict[str, list[Slow]] = defaultdict(list)
        for slow in waiting:
            by_client[slow.client].append(slow)
        for client, own in by_client.items():
            yield from self._of_client(time, client, own)
        by_server: defaultdict[Server, list[Slow]] = defaultdict(list)
        for own in by_client.values():
            if _total(own) < self._floor:
                for slow in own:
                    by_server[slow.server].append(slow)
        for server, of_all in by_server.items():
            yield from self._of_server(time, server, of_all)

    def _of_client(self, time: float, client: str, slow: list[Slow]) -> Iterator[Finding]:
        number = _total(slow)
        if number < self._floor or not self._is_large_share(client, time, number):
            return
        severity = HIGH if number >= MANY * self._floor else MEDIUM
        if self._reported.is_news(severity, client, time):
            server = Counter(each.server for each in slow).most_common(1)[0][0]
            yield self._finding(time, severity, client, server, f"{client} keeps {self._said(time, slow)}")

    def _of_server(self, time: float, server: Server, slow: list[Slow]) -> Iterator[Finding]:
        name, number = f"{server[0]} port {server[1]}", _total(slow)
        self._rates.add(name, time - PERIOD, number)
        usual = self._rates.usual(name)
        usually = 0.0 if usual is None else usual / 2
        if number < max(MANY * self._floor, RISE * usually) or not self._is_large_share(server[0], time, number):
            return
        severity = LOW if usual is None else HIGH if number >= MANY * MANY * self._floor else MEDIUM
        if self._reported.is_news(severity, name, time):
            clients = len({each.client for each in slow})
            known = "" if usual is None else f"; usually there are {usually:,.0f}"
            yield self._finding(time, severity, "", server, f"{clients:,} clients keep {self._said(time, slow)}{known}")

    def _is_large_share(self, address: str, time: float, number: int) -> bool:
        exchanges = self._exchanges.per_minute(address, time)
        return exchanges is not None and number >= SHARE * exchanges

    def _said(self, time: float, slow: list[Slow]) -> str:
        oldest = max(0.0, time - min(each.since for each in slow))
        return f"{_total(slow):,} {self._what}, the first for {oldest:.0f} s"

    def _finding(self, time: float, severity: str, client: str, server: Server, reason: str) -> Finding:
        return Finding(time, self._name, self._name, severity, client, 0, *server, "", "", reason, "", "T1499.002")


def _total(slow: list[Slow]) -> int:
    return sum(each.requests for each in slow)

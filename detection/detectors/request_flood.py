"""Requests in such numbers that they crowd out the others."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from detection.halves import Half, halves
from detection.networks import prefix_of
from detection.rates import Rates
from detection.tally import Repeats
from traffic.batch import Batch
from traffic.finding import LOW, MEDIUM, Finding
from traffic.records import Exchange

WINDOW: Final = 60.0
"""Seconds: the window of the counts."""
PAUSE: Final = 600.0
"""Seconds until the same source is reported again."""
SHARE: Final = 0.3
"""Share of all requests that a flood has at least."""
RISE: Final = 2
"""Factor above what is usual, for all requests and for the share of the source."""
OTHERS: Final = 10
"""Clients without which there is nothing to compare a source with, as on a test bench."""
MOSTLY: Final = 0.5
"""Share of one client in the requests of a network or user agent, above which only the client is reported."""
ALL: Final = "all"


class RequestFlood:
    """Clients, networks (/24, /64) and user agents with at least `floor` requests in a minute.

    A source must have a large share, and more of it than usual, while there are more requests than usual in all. If
    there are no other clients, or it is not known yet what is usual, the finding is low.
    """

    name, title, records = "request_flood", "Floods of requests", (Exchange,)

    def __init__(self, floor: int = 6000) -> None:
        self._floor = floor
        self._all, self._clients, self._networks, self._agents = (Rates(WINDOW) for _ in range(4))
        self._busiest = ""
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        for half in halves(batch.table(Exchange), WINDOW):
            self._all.add(ALL, half.time, len(half.rows))
            clients = half.counts("client")
            networks: Counter[str] = Counter()
            for client, count in clients.items():
                networks[prefix_of(client)] += count
            yield from self._by_client(half, clients)
            yield from self._by_group(half, "the network", self._networks, networks)
            yield from self._by_group(half, "the user agent", self._agents, half.counts("user_agent"))

    def _by_client(self, half: Half, counts: Mapping[str, int]) -> Iterator[Finding]:
        totals = {client: self._clients.add(client, half.time, count) for client, count in counts.items()}
        totals.setdefault(self._busiest, self._clients.total(self._busiest, half.time))
        self._busiest = max(totals, key=totals.__getitem__)
        for client, requests in totals.items():
            severity = self._severity(client, half.time, requests, self._clients)
            if severity is not None:
                yield from self._finding(half, client, client, requests, severity)

    def _by_group(self, half: Half, kind: str, rates: Rates, counts: Mapping[str, int]) -> Iterator[Finding]:
        """Judge sources that have many clients."""
        by_one = self._clients.total(self._busiest, half.time)
        for name, count in counts.items():
            requests = rates.add(name, half.time, count)
            severity = self._severity(name, half.time, requests, rates)
            if name and severity is not None and by_one < MOSTLY * requests:
                yield from self._finding(half, "", f"{kind} {name}", requests, severity)

    def _severity(self, key: str, time: float, requests: int, rates: Rates) -> str | None:
        """Return how bad so many requests of a source are; None if they are no flood."""
        if requests < self._floor or requests < SHARE * (total := self._all.total(ALL, time)):
            return None
        usual_total, usual = self._all.usual(ALL), rates.usual(key)
        if usual_total is None or usual is None:
            return LOW
        if total < RISE * usual_total or requests * usual_total < RISE * usual * total:
            return None
        return MEDIUM if self._clients.keys > OTHERS else LOW

    def _finding(self, half: Half, client: str, who: str, requests: int, severity: str) -> Iterator[Finding]:
        if not self._repeats.is_first(f"{severity} {who}", half.time):
            return
        total, usual = self._all.total(ALL, half.time), self._all.usual(ALL)
        usually = "" if usual is None else f"; usually there are {usual:,.0f} in all"
        reason = f"{who} made {requests:,} of {total:,} requests in a minute{usually}"
        yield Finding(
            half.time, self.name, self.name, severity, client, 0, *half.server(), "", "", reason, "", "T1499.002"
        )

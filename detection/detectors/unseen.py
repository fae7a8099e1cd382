"""Requests unlike those that their host usually gets: attacks that no rule names."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import chosen, marked, text_at
from detection.tally import Distinct, Escalation, Repeats
from detection.unseen.anywhere import Anywhere
from detection.unseen.features import FEATURES
from detection.unseen.kept import packed, unpack
from detection.unseen.model import Model, pieces
from detection.unseen.prior import ANYWHERE, LIMIT, TEXT
from detection.unseen.reasons import reasons
from detection.unseen.usual import Requests, from_text
from traffic.batch import Batch, Table
from traffic.features import found
from traffic.finding import CRITICAL, HIGH, LOW, MEDIUM, Finding
from traffic.records import Exchange

PAUSE: Final = 600.0
"""Seconds until the same client is reported again for the same host, unless what it does gets worse; and seconds for
which nothing is learned from a client that a detector named.
"""
ADOPTED: Final = 5
"""Clients that must ask for the same strange thing within ADOPTION until it is taken for usual: a new version of a site
is, one attacker is not.
"""
ADOPTION: Final = 3600.0
"""Seconds."""
_GRAVE: Final = frozenset((MEDIUM, HIGH, CRITICAL))
"""Severities of findings that make a client one of whom nothing is learned; lower ones often only note something."""
_KINDS: Final = [
    place for place, feature in enumerate(FEATURES) if feature.name in ("method", "path_form", "body_names")
]
"""Features that say what was asked for."""


class Unseen:
    """Requests that are strange for their host, by features that the core finds; see `detection.unseen.model`.

    Nothing is learned from what is strange, nor from clients that other detectors named.
    """

    name, title, records = "unseen", "Requests unlike all others", (Exchange, Finding)

    def __init__(self, hosts: int = 1000) -> None:
        self._model = Model(from_text(TEXT), Anywhere(from_text(ANYWHERE), LIMIT), hosts)
        self._most_hosts = hosts
        self._named = Repeats(PAUSE)
        self._reported = Escalation(PAUSE)
        self._askers = Distinct(ADOPTION, most=ADOPTED)

    def learned(self) -> bytes:
        """See `detection.detector`."""
        return packed(self._model.hosts)

    def restore(self, learned: bytes) -> None:
        """See `detection.detector`."""
        unpack(learned, self._model.hosts)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        named = self._named_clients(batch)
        table = batch.table(Exchange)
        features = table.features()
        (rows,) = found(features).nonzero()
        if len(rows):
            rows = self._allowed(table, rows, named)
            yield from self._judged(table, rows, features.take(rows, axis=0))

    def _named_clients(self, batch: Batch) -> set[str]:
        """Return the clients that grave findings of this batch name, and remember them."""
        found = batch.table(Finding)
        rows = marked(found.texts("severity"), _GRAVE.__contains__) if len(found) else np.zeros(0, np.bool_)
        clients = {row.texts[0] for row in chosen(found, rows, "client") if row.texts[0]}
        time = float(found.numbers("time")[-1]) if clients else 0.0
        for client in clients:
            self._named.is_first(client, time)
        return clients

    def _allowed(self, table: Table, rows: NDArray[np.intp], named: set[str]) -> NDArray[np.intp]:
        """Return the rows of clients that nobody named."""
        named = named | self._named.recent(float(table.numbers("time")[rows[-1]]))
        if not named:
            return rows
        clients = table.texts("client")
        marks = np.array([*map(named.__contains__, clients.values), False])
        allowed: NDArray[np.intp] = rows[~marks[clients.codes[rows]]]
        return allowed

    def _judged(self, table: Table, rows: NDArray[np.intp], features: NDArray[np.uint8]) -> Iterator[Finding]:
        domains = table.texts("domain")
        codes = domains.codes[rows]
        (used,) = np.bincount(codes + 1)[1:].nonzero()
        for start in range(0, len(used), self._most_hosts):  # hosts beyond that would take places of each other
            some = used[start : start + self._most_hosts]
            places = np.full(len(domains.values) + 1, -1, np.intp)  # also of those without a domain
            places[some] = self._model.hosts.places([domains.values[code] for code in some.tolist()])
            (part,) = (places[codes] >= 0).nonzero()
            yield from self._of_hosts(table, rows[part], places[codes[part]], features[part])

    def _of_hosts(
        self, table: Table, rows: NDArray[np.intp], places: NDArray[np.intp], features: NDArray[np.uint8]
    ) -> Iterator[Finding]:
        for piece in pieces(places, self._model.hosts.requests):
            yield from self._of_piece(table, rows[piece], places[piece], Requests(features[piece]))

    def _of_piece(
        self, table: Table, rows: NDArray[np.intp], places: NDArray[np.intp], requests: Requests
    ) -> Iterator[Finding]:
        scores, limits = self._model.judge(places, requests)
        strange = scores >= limits
        taken = ~strange
        for number in np.flatnonzero(strange).tolist():
            features = requests.features[number]
            finding = self._finding(table, int(rows[number]), scores[number] / limits[number])
            asked = f"{finding.host} {features[_KINDS].tobytes().hex()}"
            taken[number] = self._askers.add(asked, finding.time, finding.client) >= ADOPTED
            if self._reported.is_news(finding.severity, f"{finding.client} {finding.host}", finding.time):
                why = "; ".join(reasons(self._model, int(places[number]), features))
                yield finding._replace(reason=f"{finding.reason}: {why}")
        (learned,) = taken.nonzero()
        self._model.learn(places[learned], requests.chosen(learned), scores[learned])

    def _finding(self, table: Table, row: int, ratio: float) -> Finding:
        client, host, server, path = (
            text_at(table.texts(column), row) or "" for column in ("client", "domain", "server", "path")
        )
        severity = HIGH if ratio >= 4 else MEDIUM if ratio >= 2 else LOW
        return Finding(
            float(table.numbers("time")[row]), self.name, self.name, severity,
            client, int(table.numbers("client_port")[row]), server, int(table.numbers("server_port")[row]),
            host, path, f"{client} sent {host} a request unlike those before", technique="T1190",
        )  # fmt: skip

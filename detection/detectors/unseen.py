"""Requests unlike those that their host usually gets: attacks that no rule names."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import chosen, marked, text_at
from detection.tally import Distinct, Escalation, Repeats
from detection.unseen.anywhere import Anywhere
from detection.unseen.features import FEATURES, unpacked
from detection.unseen.kept import packed, unpack
from detection.unseen.model import Judged, Model, pieces
from detection.unseen.prior import ANYWHERE, LIMIT, TEXT
from detection.unseen.reasons import reasons
from detection.unseen.usual import from_text
from traffic.batch import Batch, Table
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
        texts = table.texts("features")
        (rows,) = np.array([*map(bool, texts.values), False])[texts.codes].nonzero()
        if len(rows):
            features = unpacked([*texts.values, ""])[texts.codes[rows]]
            allowed = ~self._are_named(table, rows, named)
            yield from self._judged(table, rows[allowed], features[allowed])

    def _named_clients(self, batch: Batch) -> set[str]:
        """Return the clients that grave findings of this batch name, and remember them."""
        found = batch.table(Finding)
        rows = marked(found.texts("severity"), _GRAVE.__contains__) if len(found) else np.zeros(0, np.bool_)
        clients = {row.texts[0] for row in chosen(found, rows, "client") if row.texts[0]}
        time = float(found.numbers("time")[-1]) if clients else 0.0
        for client in clients:
            self._named.is_first(client, time)
        return clients

    def _are_named(self, table: Table, rows: NDArray[np.intp], named: set[str]) -> NDArray[np.bool_]:
        clients, times = table.texts("client"), table.numbers("time")
        time = float(times[rows[-1]])
        marks = [client in named or self._named.is_recent(client, time) for client in clients.values]
        return np.array([*marks, False])[clients.codes[rows]]

    def _judged(self, table: Table, rows: NDArray[np.intp], features: NDArray[np.uint8]) -> Iterator[Finding]:
        domains = table.texts("domain")
        used, own = np.unique(domains.codes[rows], return_inverse=True)
        for start in range(0, len(used), self._most_hosts):  # hosts beyond that would take places of each other
            part = np.flatnonzero((own >= start) & (own < start + self._most_hosts))
            names = [domains.values[code] for code in used[start : start + self._most_hosts]]
            places = self._model.hosts.places(names)[own[part] - start]
            for piece in pieces(places, self._model.hosts.requests):
                yield from self._of_piece(table, rows[part[piece]], places[piece], features[part[piece]])

    def _of_piece(
        self, table: Table, rows: NDArray[np.intp], places: NDArray[np.intp], features: NDArray[np.uint8]
    ) -> Iterator[Finding]:
        judged = self._model.judge(places, features)
        strange = judged.scores >= judged.limits
        taken = ~strange
        for number in np.flatnonzero(strange).tolist():
            finding = self._finding(table, int(rows[number]), int(places[number]), features[number], judged, number)
            asked = f"{finding.host} {features[number, _KINDS].tobytes().hex()}"
            taken[number] = self._askers.add(asked, finding.time, finding.client) >= ADOPTED
            if self._reported.is_news(finding.severity, f"{finding.client} {finding.host}", finding.time):
                yield finding
        self._model.learn(places[taken], features[taken], judged.scores[taken])

    def _finding(
        self, table: Table, row: int, place: int, features: NDArray[np.uint8], judged: Judged, number: int
    ) -> Finding:
        client, host, server, path = (
            text_at(table.texts(column), row) or "" for column in ("client", "domain", "server", "path")
        )
        why = "; ".join(reasons(self._model, place, features, judged.surprises[number]))
        ratio = judged.scores[number] / judged.limits[number]
        severity = HIGH if ratio >= 4 else MEDIUM if ratio >= 2 else LOW
        return Finding(
            float(table.numbers("time")[row]), self.name, self.name, severity,
            client, int(table.numbers("client_port")[row]), server, int(table.numbers("server_port")[row]),
            host, path, f"{client} sent {host} a request unlike those before: {why}", technique="T1190",
        )  # fmt: skip

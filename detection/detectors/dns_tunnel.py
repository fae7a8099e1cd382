"""A client that sends data in the names it asks for."""

from collections.abc import Iterator
from typing import Final

from detection.known_names import ORDINARY_LABELS, SHARED, is_below, is_local
from detection.lookups import Asked, domains, lookups, queries
from detection.tally import Distinct, Repeats, Tally
from traffic.batch import Batch
from traffic.finding import HIGH, MEDIUM, Finding
from traffic.records import DnsLookup

WINDOW: Final = 60.0
"""Seconds: the window of the tallies."""
PAUSE: Final = 600.0
"""Seconds until the same client and domain are reported again."""
LONG_LABEL: Final = 18
"""Characters of a label that may be data: nine bytes as hexadecimal digits, the least that dnscat2 sends."""
LONG_NAME: Final = 40
"""Characters below the registered domain that may be data, if all labels are short."""
ROOMY_TYPES: Final = frozenset({"TXT", "NULL", "CNAME", "MX", "SRV", "TYPE65399"})
"""Types whose answers carry the most; iodine calls the last one PRIVATE. Ordinary programs ask for addresses."""


class DnsTunnel:
    """Clients that ask for at least `floor` distinct long names below one registered domain in a minute.

    Content networks, clouds and reputation services do that too, and are left out: see `detection.known_names`.
    """

    name, title, records = "dns_tunnel", "Data in DNS names", (DnsLookup,)

    def __init__(self, floor: int = 30) -> None:
        self._floor = floor
        self._domain = domains()
        self._names = Distinct(WINDOW, most=floor)
        self._lookups, self._roomy, self._characters = Tally(WINDOW), Tally(WINDOW), Tally(WINDOW)
        self._repeats = Repeats(PAUSE)

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        table = batch.table(DnsLookup)
        for asked in lookups(table, queries(table)):
            domain, sent = self._parts(asked.name)
            if not _may_be_data(sent) or (domain and is_local(asked.name)) or is_below(asked.name, SHARED):
                continue
            key = f"{asked.client} {domain}"
            numbers = self._count(key, asked, sent)
            if numbers[0] >= self._floor and self._repeats.is_first(key, asked.time):
                yield self._finding(asked, domain, *numbers[1:])

    def _parts(self, name: str) -> tuple[str, str]:
        """Return the registered domain and what is below it. A client of its own server needs no domain: it is empty.

        Top-level domains have letters only, or an international one in ASCII.
        """
        top = name.rpartition(".")[2]
        if not top.isalpha() and not top.startswith("xn--"):
            return "", name
        domain = self._domain(name)
        return domain, name.removesuffix(domain).removesuffix(".")

    def _count(self, key: str, asked: Asked, sent: str) -> tuple[int, int, int, int]:
        """Return the distinct names in the window, the lookups, those of roomy types, and the characters sent."""
        return (
            self._names.add(key, asked.time, sent),
            self._lookups.add(key, asked.time),
            self._roomy.add(key, asked.time, asked.type in ROOMY_TYPES),
            self._characters.add(key, asked.time, len(sent)),
        )

    def _finding(self, asked: Asked, domain: str, lookups: int, roomy: int, characters: int) -> Finding:
        where = domain or "no domain"
        reason = (
            f"{asked.client} asked for {self._floor} or more different long names below {where} in a minute: "
            f"{lookups} lookups, {characters} characters, {100 * roomy // lookups} % for types with long answers"
        )
        return Finding(
            asked.time, self.name, self.name, HIGH if 2 * roomy >= lookups else MEDIUM, asked.client, 0,
            asked.server, asked.server_port, domain, "", reason, asked.name, "T1071.004",
        )  # fmt: skip


def _may_be_data(sent: str) -> bool:
    labels = sent.split(".")
    return (len(sent) >= LONG_NAME or max(map(len, labels)) >= LONG_LABEL) and ORDINARY_LABELS.keys().isdisjoint(labels)

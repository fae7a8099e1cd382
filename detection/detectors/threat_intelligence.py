"""Traffic with addresses, names, URLs and TLS clients that feeds list as malicious."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detection.exchanges import chosen
from detection.intelligence.addresses import is_private
from detection.intelligence.indicator import Kind
from detection.intelligence.table import Found, Match, Table
from detection.intelligence.values import url_of
from detection.tally import Repeats
from traffic.batch import Batch
from traffic.batch import Table as Records
from traffic.file_transfer import FileTransfer
from traffic.finding import HIGH, INFO, LOW, MEDIUM, Finding
from traffic.records import DnsLookup, Exchange, QuicConnection, TlsHandshake

PAUSE: Final = 3600.0
"""Seconds until the same indicator is reported again for the same client."""
_SEVERITIES: Final = ((75, HIGH), (50, MEDIUM), (25, LOW), (0, INFO))
"""Severities, with the confidence from which they are given."""
_MILDER: Final = {HIGH: MEDIUM, MEDIUM: LOW, LOW: INFO, INFO: INFO}
"""Severities of those who come to us: a public server is visited by many, and answers nobody's orders."""
_TECHNIQUES: Final[Mapping[type, str]] = {
    Exchange: "T1071.001",
    TlsHandshake: "T1071.001",
    QuicConnection: "T1071.001",
    DnsLookup: "T1071.004",
    FileTransfer: "T1105",
}
"""Application layer protocols of command and control: web and DNS; and ingress tool transfer."""
_DOWNLOAD: Final = "T1105"
_HASHES: Final = ("sha256", "sha1", "md5")
"""Hashes of a file. A feed may list it by several of them; the first that matches is told."""
_HOSTS: Final[Mapping[type, str]] = {
    Exchange: "domain",
    TlsHandshake: "server_name",
    QuicConnection: "server_name",
    DnsLookup: "name",
    FileTransfer: "host",
}
"""Columns with the name of the host."""
_CLIENT: Final = "client"
_COLUMNS: Final[Mapping[type, tuple[str, ...]]] = {
    Exchange: (_CLIENT, "server", "domain"),
    TlsHandshake: (_CLIENT, "server", "server_name", "ja3", "ja4", "certificate_sha1", "certificate_sha256"),
    QuicConnection: (_CLIENT, "server", "server_name", "ja4"),
    DnsLookup: ("name",),
    FileTransfer: (),
}
"""Columns that are looked up."""
_DID: Final[Mapping[str, str]] = {
    _CLIENT: "{client} opened a connection",
    "server": "{client} contacted {value}",
    "domain": "{client} contacted {value}",
    "server_name": "{client} contacted {value}",
    "url": "{client} requested {value}",
    "ja3": "{client} uses a listed TLS client",
    "ja4": "{client} uses a listed TLS client",
    "certificate_sha1": "{client} was shown a listed certificate",
    "certificate_sha256": "{client} was shown a listed certificate",
    "name": "{client} looked up {value}",
    "addresses": "{client} looked up a name and got {value}",
    **dict.fromkeys(_HASHES, "{client} downloaded or uploaded a listed file"),
}


class Seen(NamedTuple):
    """A value that is listed, with the rows that have it."""

    column: str
    value: str
    matches: Sequence[Match]
    rows: Sequence[int]


class ThreatIntelligence:
    """Compares the traffic with the indicators of feeds. What an allow list has is never found."""

    name, title = "threat_intelligence", "Listed by threat intelligence"
    records = (Exchange, TlsHandshake, QuicConnection, DnsLookup, FileTransfer)

    def __init__(self) -> None:
        self._tables = Table(), Table()
        self._repeats = Repeats(PAUSE)

    def use(self, listed: Table, allowed: Table) -> None:
        """Compare with these indicators from now on. Another thread may call this."""
        self._tables = listed, allowed

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        listed, allowed = self._tables
        if not len(listed):
            return
        for kind in self.records:
            records = batch.table(kind)
            if len(records):
                for seen in _seen(kind, records, listed):
                    yield from self._findings(kind, records, seen, allowed)

    def _findings(self, kind: type, records: Records, seen: Seen, allowed: Table) -> Iterator[Finding]:
        matches = [match for match in seen.matches if not allowed.covers(match, seen.value)]
        if not matches:
            return
        for row in chosen(records, _first_of_each(records, seen.rows), _CLIENT, _HOSTS[kind]):
            client, host = row.texts[0] or "", row.texts[1] or ""
            match = max((each for each in matches if each.expires > row.time), key=_confidence, default=None)
            if match is None:
                continue
            # Of strangers, the first: whoever names a listed host to a public server is one of many.
            key = f"{match.indicator} {client if is_private(client) else ''}"
            if self._repeats.is_first(key, row.time):
                severity, technique = _judged(match, seen.column, _TECHNIQUES[kind])
                yield Finding(
                    row.time, f"{match.kind.word}/{match.feed}", self.name, severity, client, 0, row.server,
                    row.server_port, host, "", _reason(seen, match, client), match.indicator, technique,
                )  # fmt: skip


def _first_of_each(records: Records, rows: Sequence[int]) -> NDArray[np.bool_]:
    """Mark the first of these rows for each client, so that a flood of requests costs no more than one."""
    numbers = np.array(rows, np.int64)
    _, first = np.unique(records.texts(_CLIENT).codes[numbers], return_index=True)
    marks = np.zeros(len(records), np.bool_)
    marks[numbers[first]] = True
    return marks


def _seen(kind: type, records: Records, listed: Table) -> Iterator[Seen]:
    """Yield the listed values of a table of records. Each distinct value is looked up once."""
    for column in _COLUMNS[kind]:
        texts = records.texts(column)
        for code, matches in _look_up(column, texts.values, listed).items():
            yield Seen(column, texts.values[code], matches, (texts.codes == code).nonzero()[0].tolist())
    if kind is Exchange and listed.has(Kind.URL):
        yield from _seen_urls(records, listed)
    if kind is FileTransfer and listed.has(Kind.FILE):
        yield from _seen_files(records, listed)
    if kind is DnsLookup and listed.has(Kind.ADDRESS, Kind.NETWORK):
        yield from _seen_answers(records, listed)


def _look_up(column: str, values: Sequence[str], listed: Table) -> Found:
    if column in ("ja3", "ja4"):
        return listed.exact(Kind[column.upper()], values)
    if column.startswith("certificate"):
        return listed.exact(Kind.CERTIFICATE, values) | listed.exact(Kind.FILE, values)  # a plain list says no kind
    return listed.addresses(values) if column in (_CLIENT, "server") else listed.hosts(values)


def _seen_urls(records: Records, listed: Table) -> Iterator[Seen]:
    """Yield the listed URLs. Only those of hosts that have some are put together."""
    hosts = records.texts("domain")
    marks = np.append(listed.have_urls(hosts.values), False)[hosts.codes]
    rows_of: dict[str, list[int]] = {}
    for row in chosen(records, marks, "authority", "target", "tls_version"):
        authority, target, tls = row.texts
        if target is not None:
            is_path = target.startswith("/")  # a proxy gets the whole URL
            url = f"http{'s' if tls else ''}://{authority or row.server}{target}" if is_path else target
            rows_of.setdefault(url_of(url), []).append(row.number)
    urls = [*rows_of]
    for place, matches in listed.exact(Kind.URL, urls).items():
        yield Seen("url", urls[place], matches, rows_of[urls[place]])


def _seen_files(records: Records, listed: Table) -> Iterator[Seen]:
    """Yield the listed hashes, each row once."""
    told: set[int] = set()
    for column in _HASHES:
        texts = records.texts(column)
        for code, matches in listed.exact(Kind.FILE, texts.values).items():
            rows = [row for row in (texts.codes == code).nonzero()[0].tolist() if row not in told]
            told.update(rows)
            if rows:
                yield Seen(column, texts.values[code], matches, rows)


def _seen_answers(records: Records, listed: Table) -> Iterator[Seen]:
    """Yield the listed addresses in answers, which are no column."""
    rows_of: dict[str, list[int]] = {}
    for number, lookup in enumerate(records.records()):
        for address in lookup.addresses:
            rows_of.setdefault(address, []).append(number)
    addresses = [*rows_of]
    for place, matches in listed.addresses(addresses).items():
        yield Seen("addresses", addresses[place], matches, rows_of[addresses[place]])


def _judged(match: Match, column: str, technique: str) -> tuple[str, str]:
    """Return the severity and the technique of a finding."""
    severity = next(word for least, word in _SEVERITIES if match.confidence >= least)
    if column == _CLIENT:
        return _MILDER[severity], ""
    return severity, _DOWNLOAD if match.kind is Kind.URL else technique


def _reason(seen: Seen, match: Match, client: str) -> str:
    did = _DID[seen.column].format(client=client or "(unknown)", value=seen.value)
    by = f"{did}: {match.kind.word} listed by {match.feed}, confidence {match.confidence}"
    return f"{by}: {match.description}" if match.description else by


def _confidence(match: Match) -> int:
    return match.confidence

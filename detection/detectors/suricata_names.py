"""DNS lookups and TLS handshakes that a rule of Suricata describes. Rules for HTTP: the inspector `suricata`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np

from detection.exchanges import chosen, marked
from detection.suricata.buffers import Key, transformed
from detection.suricata.matching import Buffer
from detection.suricata.rule import DNS, TLS, Rule
from detection.suricata.rule_set import RuleSet
from detection.suricata.thresholds import Thresholds
from traffic.batch import Batch, Table
from traffic.finding import Finding
from traffic.records import DnsLookup, TlsHandshake

_COLUMNS: Final[Mapping[type, Mapping[str, str]]] = MappingProxyType(
    {
        DnsLookup: {"dns.query": "name"},
        TlsHandshake: {
            "tls.sni": "server_name",
            "tls.cert_subject": "certificate_subject",
            "tls.cert_issuer": "certificate_issuer",
            "tls.cert_fingerprint": "certificate_sha1",
            "ja3.hash": "ja3",
            "ja3s.hash": "ja3s",
            "ja4.hash": "ja4",
        },
    }
)
"""Columns with the buffers of each kind of records."""
_PAIR: Final = re.compile("..")
Ends = tuple[str, int, str, int]
"""Address and port of the client, and of the server."""
_PROTOCOLS: Final = {DnsLookup: DNS, TlsHandshake: TLS}


class SuricataNames:
    """Applies the rules for DNS and TLS, which `use` gives it."""

    name, title, records = "suricata_names", "Suricata rules for DNS and TLS", (DnsLookup, TlsHandshake)

    def __init__(self) -> None:
        self._rules: dict[type, RuleSet] = {}
        self._thresholds = Thresholds()

    def use(self, rules: Sequence[Rule]) -> None:
        """Apply these rules from now on, and count anew. Another thread may call this."""
        self._thresholds = Thresholds()
        self._rules = {
            kind: RuleSet([rule for rule in rules if rule.protocol == protocol])
            for kind, protocol in _PROTOCOLS.items()
        }

    def look(self, batch: Batch) -> Iterator[Finding]:
        """See `detection.detector`."""
        for kind, rules in self._rules.items():
            table = batch.table(kind)
            if len(table) and len(rules):
                yield from self._findings(kind, table, rules)

    def _findings(self, kind: type, table: Table, rules: RuleSet) -> Iterator[Finding]:
        """Look closely only at rows with a value that has the keyword of a rule."""
        columns = _COLUMNS[kind]
        marks = [marked(table.texts(column), partial(_may_fit, rules, name)) for name, column in columns.items()]
        ports = table.numbers("client_port")
        for row in chosen(table, np.logical_or.reduce(marks), "client", *columns.values()):
            client, *values = row.texts
            buffers = {
                name: (Buffer(_as_in_rules(name, value)),) for name, value in zip(columns, values, strict=True) if value
            }
            ends = client or "", int(ports[row.number]), row.server, row.server_port
            for rule in _fitting(rules, buffers, ends):
                if self._thresholds.reports(rule, row.time, ends[0], row.server):
                    yield Finding(
                        row.time, f"suricata/{rule.sid}", self.name, rule.severity, *ends, values[0] or "", "",
                        f"{ends[0]}: {rule.text}", "", rule.technique,
                    )  # fmt: skip


def _fitting(rules: RuleSet, buffers: Mapping[str, tuple[Buffer]], ends: Ends) -> Iterator[Rule]:
    def get(key: Key) -> Sequence[Buffer]:
        name, transforms = key
        return tuple(transformed(buffer, transforms) for buffer in buffers.get(name, ()))

    yield from rules.fitting(get, partial(_is_about, ends))


def _is_about(ends: Ends, rule: Rule) -> bool:
    """Return whether a rule is about traffic between these. A record is about both directions, if the rule is."""
    client, server = ends[:2], ends[2:]
    forth = rule.to_server is not False and rule.fits(*client, *server)
    return forth or (rule.to_server is not True and rule.fits(*server, *client))


def _may_fit(rules: RuleSet, name: str, value: str) -> bool:
    return rules.may_fit(name, _as_in_rules(name, value))


def _as_in_rules(name: str, value: str) -> bytes:
    """Return what rules call a value: digits of a fingerprint are in pairs there."""
    return ":".join(_PAIR.findall(value)).encode() if name == "tls.cert_fingerprint" else value.encode()

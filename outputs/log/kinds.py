"""What the log has lines for. Pure: each kind of record has its fields, with the names of the Elastic Common Schema.

Every format is made from these fields, so what `Discretion` hides is hidden in all of them.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from blocking.block import BlockEvent
from notices.notice import Notice
from outputs.log.alert_fields import ACTIVE, alert_fields
from traffic.file_transfer import FileTransfer
from traffic.finding import INFO, LOW, MEDIUM, Finding
from traffic.records import DnsLookup, Exchange, QuicConnection, TlsHandshake
from view.block_line import block_fields
from view.block_line import severity as block_severity
from view.exchange_line import Discretion, exchange_fields
from view.file_line import file_fields
from view.finding_line import finding_fields
from view.handshake_line import handshake_fields
from view.lookup_line import lookup_fields
from view.quic_line import quic_fields

Fields = dict[str, Any]
"""Values that are known, by the names of the Elastic Common Schema."""


class Kind(NamedTuple):
    """A kind of lines."""

    name: str
    """In the singular, such as `exchange`."""
    title: str
    """For people."""
    record: Any
    """The type of the record that a line is made from."""
    all_fields: Callable[[Any, Discretion], Iterable[tuple[str, Any]]]
    """Returns every field of a record; empty ones too."""
    started: Callable[[Any], float | None]
    """Returns when it began, in seconds since the epoch; None if unknown."""
    ended: Callable[[Any], float] = lambda record: float(record.time)
    """Returns when it ended, if `event.end` is known."""
    severity: Callable[[Any], str] = lambda record: INFO
    """Returns one of `SEVERITIES`."""
    urgent: bool = False
    """Whether it goes before the others where there is no room for all."""

    def fields(self, record: Any, discretion: Discretion) -> Fields:
        """Return the fields that are known; 0 and false are."""
        return {name: value for name, value in self.all_fields(record, discretion) if value or value == 0}


class Origin(NamedTuple):
    """Who writes the log."""

    vendor: str
    product: str
    version: str
    host: str
    """Name of this machine."""


def _began(exchange: Exchange) -> float | None:
    return exchange.request.time if exchange.request is not None else exchange.answered


def _severity(notice: Notice) -> str:
    return MEDIUM if notice.kind in ACTIVE else LOW


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "exchanges": Kind("exchange", "HTTP exchange", Exchange, exchange_fields, _began),
        "handshakes": Kind(
            "handshake", "TLS handshake", TlsHandshake, lambda one, _: handshake_fields(one), lambda one: one.started
        ),
        "lookups": Kind("lookup", "DNS lookup", DnsLookup, lambda one, _: lookup_fields(one), lambda one: one.started),
        "quic": Kind(
            "quic", "QUIC connection", QuicConnection, lambda one, _: quic_fields(one), lambda one: one.started,
            lambda one: float(one.started + one.duration),
        ),
        "files": Kind("file", "File", FileTransfer, lambda one, _: file_fields(one), lambda one: None),
        "findings": Kind(
            "finding", "Finding", Finding, lambda one, _: finding_fields(one), lambda one: None,
            severity=lambda one: str(one.severity), urgent=True,
        ),
        "alerts": Kind(
            "alert", "Alert", Notice, lambda one, _: alert_fields(one), lambda one: one.alert.start,
            severity=_severity, urgent=True,
        ),
        "blocks": Kind(
            "block", "Block", BlockEvent, lambda one, _: block_fields(one), lambda one: one.block.since,
            severity=block_severity, urgent=True,
        ),
    }
)  # fmt: skip
"""Kinds by their names in `log_records`. Alerts and blocks are no records of a decoder, but events."""
ALERTS: Final = "alerts"
BLOCKS: Final = "blocks"
EVENTS: Final = (ALERTS, BLOCKS)
LOGGED: Final[Mapping[str, type]] = MappingProxyType(
    {name: kind.record for name, kind in KINDS.items() if name not in EVENTS}
)
"""Kinds of records in batches, by their names in `log_records`."""

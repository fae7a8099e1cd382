"""The formats of the log, by name. Pure: a format turns a record into one line of text."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from outputs.log.alert_fields import alert_line
from outputs.log.cef import cef_line
from outputs.log.kinds import KINDS, Origin
from outputs.log.leef import leef_line
from outputs.log.ocsf import ocsf_line
from view.block_line import block_line
from view.exchange_line import Discretion, exchange_line
from view.file_line import file_line
from view.finding_line import finding_line
from view.handshake_line import handshake_line
from view.lookup_line import lookup_line
from view.quic_line import quic_line

Line = Callable[[Any], str]
"""Returns the line of a record, without a line end."""


class Terms(NamedTuple):
    """What the lines depend on besides the record."""

    origin: Origin
    discretion: Discretion = Discretion()
    delimiter: str = "\t"
    """Between the attributes of LEEF."""


def _ecs(terms: Terms) -> dict[str, Line]:
    return {
        "exchanges": lambda exchange: exchange_line(exchange, terms.discretion),
        "handshakes": handshake_line,
        "lookups": lookup_line,
        "quic": quic_line,
        "files": file_line,
        "findings": finding_line,
        "alerts": alert_line,
        "blocks": block_line,
    }


def _ocsf(terms: Terms) -> dict[str, Line]:
    return {name: ocsf_line(name, terms.origin, terms.discretion) for name in KINDS}


def _cef(terms: Terms) -> dict[str, Line]:
    return {name: cef_line(name, terms.origin, terms.discretion) for name in KINDS}


def _leef(terms: Terms) -> dict[str, Line]:
    return {name: leef_line(name, terms.origin, terms.discretion, terms.delimiter) for name in KINDS}


FORMATS: Final[Mapping[str, Callable[[Terms], dict[str, Line]]]] = MappingProxyType(
    {"ecs": _ecs, "ocsf": _ocsf, "cef": _cef, "leef": _leef}
)
"""Functions that return the lines of each of `KINDS`, by the names in `log_format`."""

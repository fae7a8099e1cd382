"""Statistics that are counted for OTLP alone. They are not shown anywhere. Pure.

A key is the values of the attributes of a metric, in their order, joined by SEPARATOR; an empty value is an attribute
that is left out. Attributes and their values are those of OpenTelemetry's semantic conventions, where it has any.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from outputs.labels import Names
from stats.statistic import BYTES, HITS, SECONDS, Unit
from traffic.grpc import failed, status_name
from traffic.records import CAPTURE_END, COMPLETE, EVICTED, GAP, DnsLookup, Exchange, TlsHandshake

SEPARATOR: Final = "\x1f"
"""No text from the wire contains control characters."""
OTHER: Final = "_OTHER"
"""A value that is not one of a bounded set."""
LONGEST_NAME: Final = 255
"""Characters of a host name (RFC 1035 section 2.3.4); longer ones are none."""
OURS: Final = frozenset({CAPTURE_END, EVICTED, GAP})
"""Endings that concern the capture, not the peers."""
VERSIONS: Final = frozenset({"0.9", "1.0", "1.1", "2", "3"})

STATUS: Final = "http.response.status_code"
HTTP_ATTRIBUTES: Final = (
    "server.address",
    "http.request.method",
    STATUS,
    "url.scheme",
    "network.protocol.version",
    "error.type",
)
_HTTP_COLUMNS: Final = ("domain", "method", "status", "tls_version", "version", "ending", "grpc_status")
_TLS: Final = ("tls.protocol.name", "tls.protocol.version")

EXCHANGES: Final = "otlp.exchanges"
REQUEST_BODIES: Final = "otlp.request_bodies"
LOOKUPS: Final = "otlp.lookups"
HANDSHAKES: Final = "otlp.handshakes"
HANDSHAKE_TIMES: Final = "otlp.handshake_times"


@dataclass(frozen=True)
class MetricStatistic:
    """Counts records by the attributes that `key` makes of their `columns`."""

    name: str
    record: type
    columns: tuple[str, ...]
    key: Callable[..., str]
    attributes: tuple[str, ...]
    """Names of the attributes whose values are in a key."""
    unit: Unit = HITS
    responses: bool = False

    @property
    def title(self) -> str:
        """The name; no panel shows this statistic."""
        return self.name


@dataclass(frozen=True)
class Amounts(MetricStatistic):
    """Adds up a column, too."""

    amount: str = ""


class HttpKeys:
    """Makes the keys of exchanges."""

    def __init__(self, hosts: Names, methods: Collection[str]) -> None:
        self._hosts = hosts
        self._methods = methods

    def key(
        self,
        domain: str | None,
        method: str | None,
        status: int | None,
        tls_version: str | None,
        version: str | None,
        ending: str | None,
        grpc_status: int | None,
    ) -> str:
        """Return the key of exchanges with these values."""
        return SEPARATOR.join(
            (
                _bounded(domain or "", self._hosts),
                "" if method is None else method if method in self._methods else OTHER,
                str(status) if _valid(status) else "",
                "https" if tls_version else "http",
                version if version in VERSIONS else "",
                error_type(status, ending or "", grpc_status),
            )
        )


def error_type(status: int | None, ending: str, grpc_status: int | None) -> str:
    """Return what kind of error an exchange is; empty if it is none, or if the capture lost track of it."""
    if grpc_status is not None and failed(grpc_status):
        return status_name(grpc_status).partition(" ")[2] or OTHER
    if status is not None and not _valid(status):
        return OTHER
    if status is None:
        return "" if ending in (*OURS, COMPLETE) else ending
    return str(status) if status >= 500 else ""


def _valid(status: int | None) -> bool:
    return status is not None and 100 <= status <= 599


def _bounded(name: str, names: Names) -> str:
    return names.label(name) if len(name) <= LONGEST_NAME else OTHER


def _tls(version: str | None) -> tuple[str, str]:
    """Return name and version of the protocol: `TLS 1.3` is `tls` and `1.3`."""
    name, _, number = (version or "").partition(" ")
    return name.lower(), number


def http_statistics(max_hosts: int, methods: Collection[str]) -> tuple[MetricStatistic, ...]:
    """Return the statistics of HTTP, which share their keys."""
    keys = HttpKeys(Names(max_hosts, OTHER), methods)
    columns, attributes = _HTTP_COLUMNS, HTTP_ATTRIBUTES
    return (
        MetricStatistic(EXCHANGES, Exchange, columns, keys.key, attributes, responses=True),
        Amounts(REQUEST_BODIES, Exchange, columns, keys.key, attributes, BYTES, amount="request_bytes"),
    )


def dns_statistics(max_names: int) -> tuple[MetricStatistic, ...]:
    """Return the statistic of DNS lookups that were answered."""
    names = Names(max_names, OTHER)

    def key(name: str | None, rcode: str | None) -> str:
        return SEPARATOR.join((_bounded(name or "", names), "" if rcode == "NOERROR" else rcode or ""))

    attributes = ("dns.question.name", "error.type")
    return (Amounts(LOOKUPS, DnsLookup, ("name", "rcode"), key, attributes, SECONDS, amount="response_time"),)


def tls_statistics() -> tuple[MetricStatistic, ...]:
    """Return the statistics of TLS handshakes: how many there were, and how long those with a known time took."""

    def timed(version: str | None) -> str:
        return SEPARATOR.join(_tls(version))

    def ended(version: str | None, outcome: str | None, alert: str | None) -> str:
        error = (alert or OTHER) if outcome == "failed" else ""
        return SEPARATOR.join((*_tls(version), outcome or "", error))

    attributes = (*_TLS, "http_monitor.tls.outcome", "error.type")
    return (
        MetricStatistic(HANDSHAKES, TlsHandshake, ("version", "outcome", "alert"), ended, attributes),
        Amounts(HANDSHAKE_TIMES, TlsHandshake, ("version",), timed, _TLS, SECONDS, amount="handshake_time"),
    )

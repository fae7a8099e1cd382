"""The fields of an exchange, and of other records, that a filter can test. An unknown value matches nothing.

A field of one kind of record matches none of another kind. The addresses are fields of all kinds.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stats.statistic import SECONDS, Statistic
from traffic.finding import SEVERITIES, Finding
from traffic.records import (
    CAPTURE_END,
    CLOSED,
    COMPLETE,
    EVICTED,
    GAP,
    MALFORMED,
    RESET,
    TIMEOUT,
    DnsLookup,
    Exchange,
    QuicConnection,
    Request,
    TlsHandshake,
)

Read = Callable[[Any], Any]
_NO_PORT: Final = -1
"""Port of a client behind a proxy, which is unknown."""
OTHERS: Final[tuple[type, ...]] = (TlsHandshake, QuicConnection, DnsLookup, Finding)
"""Kinds of records that a filter tests besides exchanges. All have the addresses and ports of client and server."""


class Field(NamedTuple):
    """A field that a filter can test."""

    name: str
    kind: str
    """How values are written and compared: `text`, `status`, `number`, `time`, `size`, `address`, `word` or `level`."""
    read: Read
    """Reads the field's value from an exchange; None if it has none."""
    explanation: str
    """One line of help."""
    example: str
    aliases: tuple[str, ...] = ()
    words: Mapping[str, Callable[[Exchange], bool]] | None = None
    """For the kind `word`: the allowed words and their tests."""
    levels: tuple[str, ...] = ()
    """For the kind `level`: the allowed words, lowest first."""
    records: tuple[type, ...] = (Exchange,)
    """The kinds of records that have this field."""


def by_name(statistics: Sequence[Statistic] = ()) -> dict[str, Field]:
    """Return every field by its name and aliases. Each statistic is also a field, whose value is its key."""
    known = {name: field for field in _FIELDS for name in (field.name, *field.aliases)}
    for statistic in statistics:
        if statistic.record in _OF_RECORD:
            known.setdefault(statistic.name.lower(), _of_statistic(statistic))
    return known


def key_of(statistic: Statistic) -> Read:
    """Return a function that reads a statistic's key for an exchange; None where the statistic does not count it.

    A statistic of requests gets the exchange's request. A plug-in that raises here has no key; the store switches it
    off and reports it.
    """
    of_request, of_record = statistic.record is Request, _key_of_record(statistic)

    def read(exchange: Exchange) -> str | None:
        record = exchange.request if of_request else exchange
        try:
            return of_record(record) if record is not None else None
        except Exception:
            return None

    return read


def _key_of_record(statistic: Statistic) -> Callable[[Any], str | None]:
    """Return a function that reads the key of one record, also for statistics with `columns`, see `stats.statistic`."""
    key, columns, amount = statistic.key, getattr(statistic, "columns", None), getattr(statistic, "amount", None)
    if columns is None:
        return key
    readers = [_column(statistic.record, name) for name in columns]
    measured = _column(statistic.record, amount) if amount else lambda record: 1
    counts_nothing = statistic.unit is SECONDS

    def key_of_record(record: Any) -> str | None:
        its = measured(record)
        counts = its is not None and (its > 0 or counts_nothing)
        return key(*(read(record) for read in readers)) if counts else None

    return key_of_record


def _column(kind: type, name: str) -> Callable[[Any], Any]:
    """Return a function that reads a column of `traffic.batch` from a record. Exchanges also have their request's
    columns.
    """
    if kind is Exchange and name == "oddities":
        return lambda exchange: ", ".join(exchange.oddities)
    if kind is Request or hasattr(Exchange, name):
        return attrgetter(name)
    asked = attrgetter("time" if name == "request_time" else name)
    return lambda exchange: None if exchange.request is None else asked(exchange.request)


def anywhere(exchange: Exchange) -> str:
    """Return the text that a bare word is searched in: host and path, then the user agent."""
    request = exchange.request
    return exchange.domain if request is None else f"{request.domain}{request.path} {request.user_agent}"


ANYWHERE: Final[Mapping[type, Read]] = MappingProxyType(
    {
        Exchange: anywhere,
        TlsHandshake: lambda handshake: handshake.server_name,
        QuicConnection: lambda connection: connection.server_name,
        DnsLookup: lambda lookup: lookup.name,
        Finding: lambda finding: f"{finding.host}{finding.path}",
    }
)
"""The text that a bare word is searched in, by kind of record."""
_OF_RECORD: Final = (Request, Exchange)


def _of_statistic(statistic: Statistic) -> Field:
    return Field(statistic.name, "text", key_of(statistic), f"{statistic.title}: the key", f'{statistic.name}="..."')


def _of_request(read: Callable[[Request], str]) -> Read:
    return lambda exchange: read(exchange.request) if exchange.request is not None else None


def _of(records: tuple[type, ...], name: str, read: Callable[[Any], str], explanation: str, example: str) -> Field:
    """Return a field of some kinds of records; an empty text is unknown."""
    return Field(name, "text", lambda record: read(record) or None, explanation, example, records=records)


def _source(record: Any) -> str:
    """Return the address of the peer. Only exchanges may have another client."""
    source: str = record.source if isinstance(record, Exchange) else record.client
    return source


def _tls_version(record: Any) -> str:
    """Return the version of a handshake, or that which an exchange was decrypted from."""
    version: str = record.version if isinstance(record, TlsHandshake) else record.tls_version
    return version


def _host(record: Any) -> str | None:
    """Return the requested host; that of a finding may be unknown."""
    host: str = record.host if isinstance(record, Finding) else record.domain
    return host or None


def _url(request: Request) -> str:
    return f"{request.domain}{request.target}" if request.target.startswith("/") else request.target


def _headers(exchange: Exchange) -> str | None:
    """Return the named fields of request and response, one per line."""
    asked = "" if exchange.request is None else exchange.request.request_headers
    return "\n".join(text for text in (asked, exchange.response_headers) if text) or None


def _unanswered(exchange: Exchange) -> bool:
    return exchange.status is None and exchange.ending in (CLOSED, RESET, TIMEOUT)


def _failed(exchange: Exchange) -> bool:
    if exchange.failed_call:
        return True
    return exchange.status >= 400 if exchange.status is not None else _unanswered(exchange)


_IS: Final[dict[str, Callable[[Exchange], bool]]] = {
    "error": _failed,
    "unanswered": _unanswered,
    "gap": lambda exchange: exchange.missing_bytes > 0 or exchange.ending == GAP,
    "complete": lambda exchange: exchange.ending == COMPLETE,
    "odd": lambda exchange: bool(exchange.oddities),
    "unpaired": lambda exchange: exchange.request is None,
}
_TLS: Final = (Exchange, TlsHandshake)
_ALL: Final = (Exchange, *OTHERS)
_HELLOS: Final = (TlsHandshake, QuicConnection)
_NAMED: Final = (Exchange, *_HELLOS)
_ENDINGS: Final = (COMPLETE, CLOSED, RESET, TIMEOUT, MALFORMED, GAP, EVICTED, CAPTURE_END)


def _ended(ending: str) -> Callable[[Exchange], bool]:
    return lambda exchange: exchange.ending == ending


_FIELDS: Final = (
    Field("host", "text", _host, "requested host name", "host:shop", ("domain",), records=(Exchange, Finding)),
    Field("path", "text", _of_request(lambda r: r.path), "path, without the query", "path:^/api"),
    Field("section", "text", _of_request(lambda r: r.section), "host and first part of the path", "section:/cart"),
    Field("url", "text", _of_request(_url), "host, path and query", "url:shop.example.com/cart"),
    Field("target", "text", _of_request(lambda r: r.target), "target in the request line", "target:id=7"),
    Field(
        "query", "text", _of_request(lambda r: r.target.partition("?")[2]), "query string, after the ?", "query:id=7"
    ),
    Field("method", "text", _of_request(lambda r: r.method), "request method", "method:POST"),
    Field("status", "status", lambda e: e.status, "status code of the response", "status:5xx", ("code",)),
    Field("ua", "text", _of_request(lambda r: r.user_agent), "user agent", "ua:bot", ("agent", "user_agent")),
    Field(
        "referrer", "text", _of_request(lambda r: r.referrer), "referring page", "referrer:google", ("referer", "ref")
    ),
    Field(
        "client",
        "address",
        lambda r: (r.client, r.client_port if r.client == _source(r) else _NO_PORT),
        "address of the client",
        "client:10.0.0.0/8",
        records=_ALL,
    ),
    Field(
        "source",
        "address",
        lambda r: (_source(r), r.client_port),
        "address of the peer: the client, or the last proxy before the server",
        "source:10.0.0.3",
        records=_ALL,
    ),
    Field(
        "server",
        "address",
        lambda r: (r.server, r.server_port),
        "address of the server",
        "server:10.0.0.5:80",
        records=_ALL,
    ),
    Field("port", "number", lambda r: r.server_port, "port of the server", "port:8080", records=_ALL),
    Field("type", "text", lambda e: e.content_type, "media type of the response", "type:json", ("content_type",)),
    Field("protocol", "text", lambda e: e.protocol or None, "protocol of the exchange", "protocol:grpc"),
    Field(
        "operation", "text", lambda e: e.operation or None, "call of gRPC, SOAP, GraphQL or JSON-RPC", "operation:Cart/"
    ),
    Field("grpc_status", "number", lambda e: e.grpc_status, "status code of gRPC", "grpc_status>0"),
    Field("version", "text", _of_request(lambda r: r.version), "HTTP version of the request", "version:1.0"),
    Field(
        "time", "time", lambda e: e.response_time, "time until the response started", "time>500ms", ("response_time",)
    ),
    Field("total", "time", lambda e: e.total_time, "time until the response was complete", "total>5s", ("total_time",)),
    Field(
        "size", "size", lambda e: e.response_bytes, "size of the response body", "size>1M", ("bytes", "response_bytes")
    ),
    Field("sent", "size", lambda e: e.request_bytes, "size of the request body", "sent>10k", ("request_bytes",)),
    Field("header", "text", _headers, "line of a header field in log_headers", "header:x-cache:.miss"),
    Field("process", "text", lambda e: e.process or None, "process that holds the connection", "process:nginx"),
    Field("user", "text", lambda e: e.user or None, "user of the process", "user:www-data"),
    Field("container", "text", lambda e: e.container or None, "container of the process", "container:web"),
    Field("image", "text", lambda e: e.container_image or None, "image of the container", "image:nginx"),
    Field("pod", "text", lambda e: e.pod or None, "Kubernetes pod of the process", "pod:shop/"),
    Field("oddity", "text", lambda e: ", ".join(e.oddities) or None, "oddities of the exchange", "oddity:chunk"),
    Field(
        "ending",
        "word",
        lambda e: e.ending,
        f"how the exchange ended: {', '.join(_ENDINGS)}",
        "ending:reset",
        words={ending: _ended(ending) for ending in _ENDINGS},
    ),
    _of(_NAMED, "sni", lambda r: r.server_name, "server name in TLS or QUIC", "sni:shop"),
    _of(_TLS, "tls_version", _tls_version, "version of TLS", "tls_version:1.2"),
    _of((QuicConnection,), "quic_version", lambda q: q.version, "version of a QUIC connection", "quic_version=1"),
    _of(_HELLOS, "ja4", lambda h: h.ja4, "fingerprint of a TLS or QUIC client", "ja4:^t12"),
    _of((DnsLookup,), "rcode", lambda d: d.rcode, "response code of a DNS lookup", "rcode:NXDOMAIN"),
    _of((DnsLookup,), "dns_name", lambda d: d.name, "name that a DNS lookup asks for", "dns_name:example.com$"),
    _of((DnsLookup,), "dns_type", lambda d: d.type, "type that a DNS lookup asks for", "dns_type:^TXT$"),
    _of((Finding,), "finding", lambda f: f"{f.rule} {f.detector}", "rule or detector of a finding", "finding:scan"),
    _of((Finding,), "technique", lambda f: f.technique, "ATT&CK technique of a finding", "technique:T1595"),
    Field(
        "severity",
        "level",
        lambda f: f.severity,
        f"severity of a finding: {', '.join(SEVERITIES)}",
        "severity>=high",
        records=(Finding,),
        levels=SEVERITIES,
    ),
    Field("is", "word", lambda e: None, f"property of the exchange: {', '.join(_IS)}", "is:error", words=_IS),
)

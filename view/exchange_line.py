"""Writes an exchange as one line of JSON, with the field names of the Elastic Common Schema. Pure; `docs/output.md`
explains every field.

Field names are flat and dotted, and unknown fields are left out. Lines are ASCII: whatever a peer sent, the terminal
that shows the log sees no character that could move its cursor or reverse its text.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from traffic.records import CLOSED, COMPLETE, GAP, MALFORMED, RESET, TIMEOUT, Exchange, Request
from traffic.text import UNKNOWN
from view.log_times import microseconds, moment, nanoseconds

ECS_VERSION: Final = "8.11.0"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PORT: Final = re.compile(r"0*([0-9]{1,5})")
_USER_INFO: Final = re.compile(r"//[^/?#\s]*@")
_QUERY: Final = re.compile(r"\?\S*")
_MASK: Final = "***@"
_HIDDEN: Final = "***"
_SECRET_FIELDS: Final = ("authorization", "proxy-authorization", "cookie", "set-cookie")
GRPC: Final = ("grpc", "grpc-web")
"""Protocols of gRPC."""
MESSAGES: Final = (*GRPC, "websocket")
"""Protocols that send messages."""
encoded: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
"""Writes a JSON object in ASCII."""


class Discretion(NamedTuple):
    """Says which parts of a URL may be shown, and hides the others."""

    queries: bool = False
    """Whether to show query strings (and fragments, which should never be on the wire)."""
    credentials: bool = False
    """Whether to show user names and passwords."""

    def url(self, text: str) -> str:
        """Return a URL or request target without what is hidden."""
        if not self.queries:
            text = text.partition("?")[0].partition("#")[0]
        authority, slash, path = text.partition("/")  # nothing before the slash, a scheme, or an authority
        return self._masked(self.authority(authority) + slash + path)

    def authority(self, text: str) -> str:
        """Return the host and port of `CONNECT` or Host without what is hidden."""
        text = self.words(text)
        return text if self.credentials or "@" not in text else _MASK + text.rpartition("@")[2]

    def words(self, text: str) -> str:
        """Return any other text, which may contain URLs, without what is hidden."""
        return self._masked(text if self.queries else _QUERY.sub("", text))

    def header(self, name: str, value: str) -> str:
        """Return the value of a header field without what is hidden; `name` is in lower case."""
        return _HIDDEN if name in _SECRET_FIELDS and not self.credentials else self.words(value)

    def _masked(self, text: str) -> str:
        return text if self.credentials else _USER_INFO.sub("//" + _MASK, text)


def exchange_line(exchange: Exchange, discretion: Discretion, label: str = "") -> str:
    """Write the exchange as one JSON object without a line end, with a label if it has one."""
    fields = (*exchange_fields(exchange, discretion), ("label", label))
    return encoded({name: value for name, value in fields if value not in (None, "", ())})


def exchange_fields(exchange: Exchange, discretion: Discretion) -> Iterator[tuple[str, Any]]:
    """Return each field with its value, which may be empty if it is unknown."""
    request = exchange.request
    yield from _times(exchange)
    yield "event.outcome", outcome(exchange)
    yield "client.ip", exchange.client
    yield "source.ip", exchange.source
    yield "source.port", exchange.client_port
    yield "destination.ip", exchange.server
    yield "destination.port", exchange.server_port
    yield "network.protocol", _application(exchange)
    yield from _tls(exchange, discretion)
    if request is not None:
        yield from _request(request, discretion)
        yield "url.port", _port(request, "https" if exchange.tls_version else "http")
        yield "http.request.body.bytes", exchange.request_bytes
    if exchange.answered is not None:  # HTTP/0.9 answers without a status
        yield "http.response.status_code", exchange.status
        yield "http.response.body.bytes", exchange.response_bytes
        yield "http.response.mime_type", _known(discretion.words(exchange.content_type))
    yield from header_fields(exchange, discretion)
    yield "http_monitor.ending", exchange.ending
    yield "http_monitor.missing_bytes", exchange.missing_bytes
    yield "http_monitor.oddities", exchange.oddities
    yield "http_monitor.response_time", nanoseconds(exchange.response_time)
    if request is not None:
        yield "http_monitor.host", discretion.authority(request.host)
    yield from _call(exchange, discretion)
    yield from _messages(exchange, discretion)
    yield from _owner(exchange)
    yield "http_monitor.features", exchange.features
    yield "ecs.version", ECS_VERSION


def _application(exchange: Exchange) -> str:
    """Return `grpc`, `grpc-web` or `websocket`; otherwise `http`, whose version is a field of its own."""
    protocol = exchange.protocol
    return "http" if protocol in ("", "h2") or protocol.startswith("http/") else protocol


def _tls(exchange: Exchange, discretion: Discretion) -> Iterator[tuple[str, Any]]:
    """Return what the exchange was decrypted from; nothing in the clear."""
    if exchange.tls_version:
        protocol, _, version = exchange.tls_version.partition(" ")
        yield "url.scheme", "https"
        yield "tls.version", version
        yield "tls.version_protocol", protocol.lower()
        yield "tls.client.server_name", discretion.words(exchange.server_name)


def _call(exchange: Exchange, discretion: Discretion) -> Iterator[tuple[str, Any]]:
    """Return the operation; that of gRPC also has the fields of OpenTelemetry."""
    yield "http_monitor.operation", discretion.words(exchange.operation)
    if exchange.protocol in GRPC:
        service, _, method = _known(exchange.operation).rpartition("/")
        yield "rpc.system", "grpc"
        yield "rpc.service", discretion.words(service)
        yield "rpc.method", discretion.words(method)
        yield "rpc.grpc.status_code", exchange.grpc_status


def _messages(exchange: Exchange, discretion: Discretion) -> Iterator[tuple[str, Any]]:
    """Return the messages each way, and how a WebSocket was closed. HTTP has no messages to count."""
    if exchange.protocol in MESSAGES or exchange.request_messages or exchange.response_messages:
        yield "http_monitor.request_messages", exchange.request_messages
        yield "http_monitor.response_messages", exchange.response_messages
    if exchange.protocol == "websocket":
        yield "http_monitor.control_frames", exchange.control_frames
        yield "http_monitor.fragments", exchange.fragments
    yield "http_monitor.first_message_time", nanoseconds(exchange.first_message_time)
    yield "http_monitor.close_code", exchange.close_code
    yield "http_monitor.close_reason", discretion.words(exchange.close_reason)


def _owner(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    """Return whose connection it is. A pod whose name is unknown has a number."""
    yield "process.name", exchange.process
    yield "process.pid", exchange.process_id
    yield "user.name", exchange.user
    yield "container.id", exchange.container_id
    yield "container.name", exchange.container
    yield "container.image.name", exchange.container_image
    if exchange.pod:
        namespace, slash, pod = exchange.pod.partition("/")
        yield "orchestrator.type", "kubernetes"
        yield "orchestrator.namespace", namespace if slash else ""
        yield "orchestrator.resource.type", "pod"
        yield "orchestrator.resource.name" if slash else "orchestrator.resource.id", pod or namespace


def header_fields(exchange: Exchange, discretion: Discretion) -> Iterator[tuple[str, str]]:
    """Return the named fields of the request, then those of the response."""
    asked = "" if exchange.request is None else exchange.request.request_headers
    for side, text in (("request", asked), ("response", exchange.response_headers)):
        for name, value in named_fields(text):
            yield f"http.{side}.headers.{name}", discretion.header(name, value)


def named_fields(text: str) -> Iterator[tuple[str, str]]:
    """Return names and values of lines of `name: value`, the last of which may have been cut."""
    for line in text.splitlines():
        name, separator, value = line.partition(": ")
        if separator:
            yield name, value


def _request(request: Request, discretion: Discretion) -> Iterator[tuple[str, Any]]:
    yield "http.version", request.version
    yield "http.request.method", request.method
    yield "http.request.referrer", _known(discretion.url(request.referrer))
    yield "url.original", discretion.url(request.target)
    yield "url.domain", discretion.words(_domain(request))
    if request.target != "*" and (request.method != "CONNECT" or request.target.startswith("/")):
        yield "url.path", discretion.url(request.path)
        yield "url.query", _query(request.target) if discretion.queries else None
    yield "user_agent.original", _known(discretion.words(request.user_agent))


def _known(text: str) -> str:
    """Return a text; nothing in place of what cannot be known."""
    return "" if text == UNKNOWN else text


def outcome(exchange: Exchange) -> str:
    """Return `success`, `failure` or `unknown` from the client's point of view.

    A status of 400 or above, a gRPC status other than OK, and an exchange that was cut short are failures. If the
    capture lost track of the exchange before its end, the outcome is unknown.
    """
    if exchange.failed_call or (exchange.status is not None and exchange.status >= 400):
        return "failure"
    if exchange.ending == COMPLETE:
        return "success" if exchange.status is not None else "unknown"
    return "failure" if exchange.ending in (CLOSED, RESET, TIMEOUT) else "unknown"


# Times --------------------------------------------------------------------------------------------------------------


def _times(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    request = exchange.request
    start = microseconds(request.time if request is not None else exchange.answered)
    end = microseconds(exchange.time) if _end_is_known(exchange) else None
    known = [time for time in (start, end, microseconds(exchange.time)) if time is not None]
    yield "@timestamp", moment(known[0])
    yield "event.start", moment(start)
    yield "event.end", moment(end)
    if start is not None and end is not None and end >= start:
        yield "event.duration", (end - start) * 1000


def _end_is_known(exchange: Exchange) -> bool:
    """Return whether `time` is when the last byte came or the connection was given up; a gap hides the end."""
    if exchange.ending in (GAP, MALFORMED):
        return False
    return exchange.ending != COMPLETE or exchange.total_time is not None or exchange.missing_bytes == 0


# The target URI, as RFC 9112 section 3.3 puts it together -----------------------------------------------------------


def _domain(request: Request) -> str:
    """Return the requested host in lower case. An IPv6 address keeps its brackets, as the schema demands."""
    if not request.authority:
        return ""
    domain = request.domain
    return f"[{domain}]" if ":" in domain and request.authority.startswith("[") else domain


def _port(request: Request, scheme: str) -> int | None:
    """Return the requested port: that of the authority, else that of the scheme (RFC 9110 section 4.2).

    A target without a scheme has that of the connection, `scheme`.
    """
    authority = _known(request.authority)
    if not authority:
        return None
    port = authority.rpartition("]")[2].partition(":")[2]
    if port:
        number = _PORT.fullmatch(port)
        return int(number[1]) if number is not None and int(number[1]) < 65536 else None
    return None if request.method == "CONNECT" else _DEFAULT_PORTS.get(_scheme(request.target) or scheme)


def _scheme(target: str) -> str:
    scheme, separator, _ = target.partition("://")
    return scheme.lower() if separator and "/" not in scheme else ""


def _query(target: str) -> str:
    return target.partition("#")[0].partition("?")[2]

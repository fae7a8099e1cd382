"""Writes a TLS handshake as one line of JSON, with the field names of the Elastic Common Schema, like exchanges. Pure;
`docs/output.md` explains every field.
"""

from collections.abc import Iterator
from typing import Any, Final

from traffic.records import TlsHandshake
from view.exchange_line import ECS_VERSION, encoded
from view.log_times import microseconds, moment, nanoseconds

_OUTCOMES: Final = {"established": "success", "failed": "failure"}


def handshake_line(handshake: TlsHandshake) -> str:
    """Write the handshake as one JSON object without a line end."""
    return encoded({name: value for name, value in handshake_fields(handshake) if value not in (None, "", [])})


def handshake_fields(handshake: TlsHandshake) -> Iterator[tuple[str, Any]]:
    """Return each field with its value, which may be empty if it is unknown."""
    start, end = microseconds(handshake.started), microseconds(handshake.time)
    yield "@timestamp", moment(start)
    yield "event.start", moment(start)
    yield "event.end", moment(end)
    yield "event.outcome", _OUTCOMES.get(handshake.outcome, "unknown")
    yield "source.ip", handshake.client
    yield "source.port", handshake.client_port
    yield "destination.ip", handshake.server
    yield "destination.port", handshake.server_port
    yield "network.protocol", "tls"
    yield from _chosen(handshake)
    yield from _certificate(handshake)
    yield from _course(handshake)
    yield "ecs.version", ECS_VERSION


def _chosen(handshake: TlsHandshake) -> Iterator[tuple[str, Any]]:
    """Return what the client offered and the server chose."""
    protocol, _, version = handshake.version.partition(" ")
    yield "tls.version", version
    yield "tls.version_protocol", protocol.lower()
    yield "tls.cipher", handshake.cipher
    yield "tls.established", handshake.outcome == "established"
    yield "tls.resumed", handshake.resumed
    yield "tls.next_protocol", handshake.alpn
    yield "tls.client.server_name", handshake.server_name
    yield "tls.client.ja3", handshake.ja3
    yield "tls.server.ja3s", handshake.ja3s
    yield "http_monitor.ja4", handshake.ja4
    yield "http_monitor.offered_alpn", _split(handshake.offered_alpn)


def _certificate(handshake: TlsHandshake) -> Iterator[tuple[str, Any]]:
    yield "tls.server.subject", handshake.certificate_subject
    yield "tls.server.issuer", handshake.certificate_issuer
    yield "tls.server.hash.sha1", handshake.certificate_sha1.upper()
    yield "tls.server.hash.sha256", handshake.certificate_sha256.upper()
    yield "tls.server.x509.alternative_names", _split(handshake.certificate_names)
    for name, time in (("not_before", handshake.not_before), ("not_after", handshake.not_after)):
        if time is not None and time >= 0:
            yield f"tls.server.{name}", moment(microseconds(time))


def _course(handshake: TlsHandshake) -> Iterator[tuple[str, Any]]:
    """Return how the handshake went."""
    yield "http_monitor.handshake", handshake.outcome
    yield "http_monitor.handshake_time", nanoseconds(handshake.handshake_time)
    yield "http_monitor.connect_time", nanoseconds(handshake.connect_time)
    yield "http_monitor.alert", handshake.alert
    yield "http_monitor.alert_side", handshake.alert_side
    yield "http_monitor.post_quantum", handshake.post_quantum
    for name in ("hello_retry", "ech", "starttls"):
        yield f"http_monitor.{name}", getattr(handshake, name) or None


def _split(names: str) -> list[str]:
    return names.split(", ") if names else []

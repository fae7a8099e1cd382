"""Writes a QUIC connection as a line of JSON, with the field names of the Elastic Common Schema, like exchanges. Pure;
`docs/output.md` explains every field.
"""

from collections.abc import Iterator
from typing import Any

from traffic.records import QuicConnection
from view.exchange_line import ECS_VERSION, encoded
from view.log_times import microseconds, moment, nanoseconds


def quic_line(connection: QuicConnection) -> str:
    """Write the connection as one JSON object without a line end."""
    return encoded({name: value for name, value in quic_fields(connection) if value not in (None, "", [])})


def quic_fields(connection: QuicConnection) -> Iterator[tuple[str, Any]]:
    """Return each field with its value, which may be empty if it is unknown."""
    start, end = microseconds(connection.started), microseconds(connection.started + connection.duration)
    yield "@timestamp", moment(start)
    yield "event.start", moment(start)
    yield "event.end", moment(end)
    yield "event.duration", nanoseconds(connection.duration)
    yield "source.ip", connection.client
    yield "source.port", connection.client_port
    yield "source.packets", connection.client_packets
    yield "source.bytes", connection.client_bytes
    yield "destination.ip", connection.server
    yield "destination.port", connection.server_port
    yield "destination.packets", connection.server_packets
    yield "destination.bytes", connection.server_bytes
    yield "network.transport", "udp"
    yield "network.protocol", "quic"
    yield from _hello(connection)
    yield "ecs.version", ECS_VERSION


def _hello(connection: QuicConnection) -> Iterator[tuple[str, Any]]:
    """Return what the first packets say."""
    yield "tls.client.server_name", connection.server_name
    yield "user_agent.original", connection.user_agent
    yield "http_monitor.quic_version", connection.version
    yield "http_monitor.offered_alpn", connection.alpn.split(", ") if connection.alpn else []
    yield "http_monitor.ja4", connection.ja4
    yield "http_monitor.zero_rtt_packets", connection.zero_rtt or None
    for name in ("ech", "retry", "migrated"):
        yield f"http_monitor.{name}", getattr(connection, name) or None

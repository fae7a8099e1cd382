"""Writes exchanges as CSV (RFC 4180), with the fields of the log as columns. Pure."""

import csv
from collections.abc import Iterator, Sequence
from typing import Any, Final

from traffic.records import Exchange
from view.exchange_line import Discretion, exchange_fields, header_fields

COLUMNS: Final = (
    "@timestamp",
    "event.start",
    "event.end",
    "event.duration",
    "event.outcome",
    "client.ip",
    "source.ip",
    "source.port",
    "destination.ip",
    "destination.port",
    "network.protocol",
    "url.scheme",
    "tls.version",
    "tls.version_protocol",
    "tls.client.server_name",
    "http.version",
    "http.request.method",
    "http.request.referrer",
    "http.request.body.bytes",
    "url.original",
    "url.domain",
    "url.port",
    "url.path",
    "url.query",
    "user_agent.original",
    "http.response.status_code",
    "http.response.body.bytes",
    "http.response.mime_type",
    "http_monitor.ending",
    "http_monitor.missing_bytes",
    "http_monitor.oddities",
    "http_monitor.response_time",
    "http_monitor.host",
    "http_monitor.operation",
    "rpc.system",
    "rpc.service",
    "rpc.method",
    "rpc.grpc.status_code",
    "http_monitor.request_messages",
    "http_monitor.response_messages",
    "http_monitor.control_frames",
    "http_monitor.fragments",
    "http_monitor.first_message_time",
    "http_monitor.close_code",
    "http_monitor.close_reason",
    "process.name",
    "process.pid",
    "user.name",
    "container.id",
    "container.name",
    "container.image.name",
    "orchestrator.type",
    "orchestrator.namespace",
    "orchestrator.resource.type",
    "orchestrator.resource.name",
    "orchestrator.resource.id",
    "ecs.version",
)
"""Fields of the log, in this order."""
_FORMULA: Final = ("=", "+", "-", "@")
"""A spreadsheet takes a cell that begins with one of these for a formula."""


class _Line:
    """Stands for a file, and returns the line that is written."""

    def write(self, line: str) -> str:
        return line


def csv_lines(exchanges: Sequence[Exchange], discretion: Discretion) -> Iterator[str]:
    """Return the heading, then a line for each exchange, each with its line end. Named header fields come last."""
    named = (name for exchange in exchanges for name, _ in header_fields(exchange, discretion))
    columns = (*COLUMNS, *dict.fromkeys(named))
    writer: Any = csv.writer(_Line())
    yield writer.writerow(columns)
    for exchange in exchanges:
        known = dict(exchange_fields(exchange, discretion))
        yield writer.writerow([_cell(known.get(name)) for name in columns])


def _cell(value: Any) -> str:
    """Return a value as text. An apostrophe keeps a peer's text from being a formula."""
    if isinstance(value, tuple):
        value = "; ".join(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else str(value)

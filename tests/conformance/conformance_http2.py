"""HTTP/2 exchanges, as expected by the corpus and as decoded by the core."""

import contextlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec

from conformance_corpus import Capture, Row

from capture.errors import DamagedCapture
from capture.intake import Intake
from capture.open import open_file
from capture.ports import parse_ports
from exercise_config import Config
from run.decoding import decoder_for, limits
from traffic.records import Exchange

KIND = "http2"
PROTOCOLS = ("h2", "grpc", "grpc-web")
EXCEPTIONS: dict[str, tuple[str, ...]] = {}
"""Differences by capture that are not ours, each with its reason beside it."""


def built() -> bool:
    """Return whether the core is there, without which HTTP/2 is only counted."""
    return find_spec("http_monitor_core") is not None


def exchanges(capture: Capture) -> tuple[list[Exchange], int]:
    """Decode a capture as the command does, with nothing cut short.

    Return the exchanges on HTTP/2, and the number of connections that count as HTTP/2 that cannot be read.
    """
    bounds = limits(Config(max_str_length=65536))
    decoder = decoder_for(parse_ports("any"), bounds, protocols=frozenset({KIND}))
    intake = Intake(open_file(str(capture.path)), decoder)
    with contextlib.suppress(DamagedCapture):
        while (frames := intake.read()) is not None:
            intake.decode(frames)
    intake.close()
    intake.finish()
    records = decoder.take().records()
    found = [record for record in records if isinstance(record, Exchange) and record.protocol in PROTOCOLS]
    return found, decoder.health.unreadable["HTTP/2"]


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _of_request(name: str) -> Callable[[Exchange], object]:
    return lambda exchange: getattr(exchange.request, name, None)


FIELDS: dict[str, Callable[[Exchange], object]] = {
    "client": lambda exchange: _end(exchange.client, exchange.client_port),
    "server": lambda exchange: _end(exchange.server, exchange.server_port),
    "method": _of_request("method"),
    "uri": _of_request("target"),
    "host": _of_request("host"),
    "user_agent": _of_request("user_agent"),
    "status_code": lambda exchange: exchange.status,
    "request_body_wire_len": lambda exchange: exchange.request_bytes,
    "response_body_wire_len": lambda exchange: exchange.response_bytes,
    "ctype_rsp": lambda exchange: exchange.content_type,
    "grpc_status": lambda exchange: exchange.grpc_status,
}
"""The fields of an expected row that a record tells, and how."""
NAMING = ("client", "server", "method", "uri")
NUMBERS = ("grpc_status",)


def _expected(row: Row) -> Row:
    """Return a row with values as in records: a content type is a media type in lower case."""
    known = {name: value for name, value in row.items() if name in FIELDS}
    if "ctype_rsp" in known:
        known["ctype_rsp"] = known["ctype_rsp"].partition(";")[0].strip().lower()
    return known | {name: int(known[name]) for name in NUMBERS if name in known}


def differences(capture: Capture) -> Iterator[str]:
    """Yield what is missing, wrong or too much."""
    read, unread = exchanges(capture)
    found = [{name: field(exchange) for name, field in FIELDS.items()} for exchange in read]
    for row in map(_expected, capture.expected(KIND)):
        same = next((one for one in found if all(one[name] == row[name] for name in NAMING)), None)
        if same is None:
            yield f"missing: {row}"
            continue
        found.remove(same)
        yield from (f"{name}: {same[name]!r} is not {value!r}" for name, value in row.items() if same[name] != value)
    yield from (f"extra: {row}" for row in found)
    yield from ["unreadable"] * unread

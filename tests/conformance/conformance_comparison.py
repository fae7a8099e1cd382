"""Compares the log of a capture with the transactions that the corpus expects, one by one.

A line matches a row with the same connection, method and target; of several lines, the one whose first byte came at the
nearest time. Each line matches one row.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from conformance_corpus import Row

from traffic.text import printable

LONGEST = 65536
Key = tuple[Any, ...]
"""Connection, method and target; for a lone response, connection and status."""


class Comparison(NamedTuple):
    """The result for one capture. Optional rows only count in `optional`."""

    expected: int
    matched: int
    optional: int
    """Number of optional or disputed rows found."""
    missing: list[str]
    extra: list[str]
    wrong: list[str]

    @property
    def differences(self) -> list[str]:
        """All differences, one sentence each."""
        return [*self.missing, *self.extra, *self.wrong]


def compare(expected: list[Row], lines: list[Row]) -> Comparison:
    left: dict[Key, list[Row]] = defaultdict(list)
    for line in lines:
        left[_line_key(line)].append(line)
    matched, optional = 0, 0
    missing: list[str] = []
    wrong: list[str] = []
    for row in sorted(expected, key=is_optional):  # mandatory rows first
        found = _take(row, left)
        if is_optional(row):
            optional += found is not None
        elif found is None:
            missing.append(f"missing: {_title(row)}")
        elif differences := list(_differences(row, found)):
            wrong.append(f"wrong: {_title(row)}: " + "; ".join(differences))
        else:
            matched += 1
    halves = {_connection(row) for row in expected if row.get("pairing_uncertain") or row["disputed"]}
    extra = [f"extra: {_shown(line)}" for same in left.values() for line in same if not _is_half(line, halves)]
    return Comparison(sum(not is_optional(row) for row in expected), matched, optional, missing, extra, wrong)


def is_optional(row: Row) -> bool:
    """Return whether a tool may omit this row."""
    return bool(row["disputed"] or row.get("orphan_response") or "in-connect-tunnel" in row.get("flags", ()))


def _take(row: Row, lines: dict[Key, list[Row]]) -> Row | None:
    """Remove and return the line that matches a row."""
    fitting = lines[_row_key(row)]
    if not fitting:
        return None
    nearest = min(fitting, key=lambda line: abs(_seconds(line) - row.get("ts", 0.0)))
    fitting.remove(nearest)
    return nearest


def _row_key(row: Row) -> Key:
    orphan = row.get("status_code") if "method" not in row else None
    return (*_connection(row), _text(row.get("method")), _text(row.get("uri")), orphan)


def _line_key(line: Row) -> Key:
    method = line.get("http.request.method")
    orphan = line.get("http.response.status_code") if method is None else None
    return (*_line_connection(line), method, line.get("url.original"), orphan)


def _connection(row: Row) -> tuple[str, str]:
    return row.get("client", ""), row.get("server", "")


def _line_connection(line: Row) -> tuple[str, str]:
    ends = ((line[f"{side}.ip"], line[f"{side}.port"]) for side in ("source", "destination"))
    client, server = (f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip, port in ends)
    return client, server


def _is_half(line: Row, connections: set[tuple[str, str]]) -> bool:
    """Return whether a line is a lone response for which it is a matter of judgement which request it answers."""
    return "http.request.method" not in line and _line_connection(line) in connections


def _differences(row: Row, line: Row) -> Iterator[str]:
    messages = line.get("network.protocol") == "websocket"  # their bytes are no body
    for name, wanted, field in _wanted(row):
        if wanted != line.get(field) and not (messages and field.endswith("body.bytes")):
            yield f"{name} {line.get(field)!r}, not {wanted!r}"


def _wanted(row: Row) -> Iterator[tuple[str, Any, str]]:
    """Yield what the row demands: name, value, and field of the log."""
    yield "host", _text(row.get("host")), "http_monitor.host"
    yield "user agent", _text(row.get("user_agent")), "user_agent.original"
    if row.get("pairing_uncertain"):
        return
    if not row.get("response_unparsed"):
        yield "status", None if row.get("no_response") else row.get("status_code"), "http.response.status_code"
    if row.get("body_partial") or row.get("body_disputed"):
        return
    yield "request body", row.get("request_body_len", 0), "http.request.body.bytes"
    if not (row.get("response_unparsed") or row.get("no_response")):
        yield "response body", row.get("response_body_len", 0), "http.response.body.bytes"


def _text(wire: str | None) -> str | None:
    """Convert text from the wire, which rows hold as Latin-1, to that of the log; an empty text is None there."""
    return printable(wire.encode("latin-1"), LONGEST) or None if wire is not None else None


def _seconds(line: Row) -> float:
    return datetime.fromisoformat(line["@timestamp"].replace("Z", "+00:00")).timestamp()


def _title(row: Row) -> str:
    what = f"{row['method']} {row.get('uri', '')[:60]}" if "method" in row else "response"
    return f"{row.get('client')} > {row.get('server')} {what!r} {row.get('status_code', '-')}"


def _shown(line: Row) -> str:
    client, server = _line_connection(line)
    request = f"{line.get('http.request.method')} {line.get('url.original', '')[:60]}"
    what = request if "http.request.method" in line else "response"
    status = line.get("http.response.status_code", "-")
    return f"{client} > {server} {what!r} {status} ({line['http_monitor.ending']})"

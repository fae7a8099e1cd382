"""The start line of an HTTP/1 message, and where its head ends (RFC 9112).

Lenient where real senders are: bare LF ends a line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from librt.strings import read_i32_be, read_i64_be

from traffic.fields import Fields

if TYPE_CHECKING:
    from mypy_extensions import i64

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}"
_REQUEST_START: Final = re.compile(_TOKEN + rb"(?:[ \t]|\Z)")
_METHOD: Final = re.compile(_TOKEN + rb"(?=[ \t])")
_VERSION: Final = re.compile(rb"[ \t]HTTP/([0-9.]*)\Z", re.IGNORECASE)
_SIMPLE_REQUEST: Final = re.compile(rb"[A-Z]{3,16} (?:/|http://)[^ \t]*\Z")
_STATUS_LINE: Final = re.compile(rb"HTTP/([0-9.]+)[ \t]+([0-9]{3})(?![0-9])", re.IGNORECASE)
_KNOWN_METHODS: Final = (
    rb"GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|SEARCH|"
    rb"REPORT|MKCALENDAR|CHECKOUT|CHECKIN|MERGE|SUBSCRIBE|UNSUBSCRIBE|NOTIFY|M-SEARCH|PURGE|BAN|LINK|UNLINK|ACL"
)
_COMMON_METHODS: Final = {
    name.encode("ascii"): name for name in ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
}
_CERTAIN_REQUEST: Final = re.compile(
    rb"(?:" + _KNOWN_METHODS + rb") (?:[^\r\n]{1,65536}? HTTP/1\.[01]\r?\n|(?:/|https?://|\*)[^ \r\n]*\Z)"
)
_CERTAIN_RESPONSE: Final = re.compile(rb"HTTP/1\.[01] [1-5][0-9][0-9][ \r\n]")
_BLANK_LINE: Final = re.compile(rb"\n[ \t\r]*\n")
_FIRST_STEP: Final = 1024
"""Bytes in which the end of a head is looked for first; most heads are shorter."""
_HTTP11: Final = int.from_bytes(b"HTTP/1.1", "big")
_GET: Final = int.from_bytes(b"GET ", "big")
_SHORTEST_LINE: Final = len(b"GET / HTTP/1.1\r")


class RequestHead:
    """A request line with its fields; `version` is `0.9` where the line names none."""

    __slots__ = ("fields", "method", "target", "version")

    def __init__(self, method: str, target: bytes, version: str, fields: Fields) -> None:
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields


class ResponseHead:
    """A status line with its fields."""

    __slots__ = ("fields", "status")

    def __init__(self, status: int, fields: Fields) -> None:
        self.status = status
        self.fields = fields


def head_end(data: bytes | bytearray, start: int, end: int = -1) -> int:
    """Index after the empty line that ends a head, looked for from `start` to `end` (-1: of all); -1 without one.

    It looks ahead in growing steps: what it costs depends on the length of the head, not on what comes after it.
    """
    end = len(data) if end < 0 else end
    step = _FIRST_STEP
    while True:
        until = min(start + step, end)
        crlf = data.find(b"\n\r\n", start, until)
        bare = data.find(b"\n\n", start, crlf + 1 if crlf >= 0 else until)
        if bare >= 0:
            return bare + 2
        if crlf >= 0:
            return crlf + 3
        if until == end:
            return -1
        step *= 8


def usual_head_end(data: bytes, line: int, end: int) -> int:
    """Index after the first empty line in a row of lines that end as they should, the first of them at `line`.

    Negative without one nearby. There may be an empty line before it that ends otherwise.
    """
    place = data.find(b"\r\n\r\n", line - 1, min(line + _FIRST_STEP, end))
    return place + 4 if place >= 0 else -1


def blank_line_end(data: bytes | bytearray) -> int:
    """Index after the first line of nothing but white space; -1 without one.

    It is a folded line (RFC 9112 section 5.2), but where no empty line comes any more, parsers take it for one.
    """
    end = _BLANK_LINE.search(data)
    return end.end() if end is not None else -1


def may_start_request(data: bytes | bytearray) -> bool:
    """Whether a request may start with these bytes: a method, white space and, once there is a whole line, a version.

    Without a version it must be a Simple-Request of HTTP/0.9 (RFC 1945 section 5).
    """
    end = data.find(b"\n")
    if end < 0:
        return _REQUEST_START.match(data) is not None
    line = bytes(data[:end]).rstrip()
    if _METHOD.match(line) is None:
        return False
    return _version(line) is not None or _SIMPLE_REQUEST.match(line) is not None


def may_start_response(data: bytes | bytearray) -> bool:
    """Whether a response may start with these bytes."""
    return data[:5].upper() == b"HTTP/"[: len(data)]


def starts_request(data: bytes) -> bool:
    """Whether a whole request line of HTTP/1 with a well-known method stands at the start."""
    return _CERTAIN_REQUEST.match(data) is not None


def starts_response(data: bytes) -> bool:
    """Whether a status line of HTTP/1 stands at the start."""
    return _CERTAIN_RESPONSE.match(data) is not None


def parse_request(data: bytes, start: i64, line: i64, fields: Fields) -> RequestHead | None:
    """The request whose line stands in `data` from `start` to its newline at `line`; None when it is none."""
    usual = line - start >= _SHORTEST_LINE and data[line - 1] == 13 and data[line - 10] == 32
    if usual and read_i64_be(data, line - 9) == _HTTP11:
        if read_i32_be(data, start) == _GET:
            return RequestHead("GET", data[start + 4 : line - 10].strip(), "1.1", fields)
        space: i64 = data.find(b" ", start, line)
        method = _COMMON_METHODS.get(data[start:space])
        if method is not None and space < line - 10:
            return RequestHead(method, data[space + 1 : line - 10].strip(), "1.1", fields)
    return _unusual_request(data[start:line].rstrip(), fields)


def _unusual_request(line: bytes, fields: Fields) -> RequestHead | None:
    method = _METHOD.match(line)
    version = _version(line)
    if method is None or (version is None and _SIMPLE_REQUEST.match(line) is None):
        return None
    target = line[method.end() : version.start() if version is not None else None].strip()
    named = version[1].decode("ascii") if version is not None else "0.9"
    return RequestHead(method[0].decode("ascii"), target, named, fields)


def _version(line: bytes) -> re.Match[bytes] | None:
    return _VERSION.search(line, max(len(line) - 16, 0))


def parse_response(data: bytes, start: i64, line: i64, fields: Fields) -> ResponseHead | None:
    """The response whose line stands in `data` from `start` to its newline at `line`; None when it is none."""
    if line - start >= 13 and read_i64_be(data, start) == _HTTP11 and data[start + 8] == 32:
        first, second, third = data[start + 9] - 48, data[start + 10] - 48, data[start + 11] - 48
        if 0 <= first <= 9 and 0 <= second <= 9 and 0 <= third <= 9 and data[start + 12] in (32, 13):
            return ResponseHead(first * 100 + second * 10 + third, fields)
    match = _STATUS_LINE.match(data, start, line)
    return ResponseHead(int(match[2]), fields) if match is not None else None

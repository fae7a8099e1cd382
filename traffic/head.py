"""The start line of an HTTP/1 message, and where its head ends (RFC 9112).

Lenient where real senders are: bare LF ends a line.
"""

import re
from typing import Final, NamedTuple

from traffic.fields import Fields

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
_CERTAIN_REQUEST: Final = re.compile(
    rb"(?:" + _KNOWN_METHODS + rb") (?:[^\r\n]{1,65536}? HTTP/1\.[01]\r?\n|(?:/|https?://|\*)[^ \r\n]*\Z)"
)
_CERTAIN_RESPONSE: Final = re.compile(rb"HTTP/1\.[01] [1-5][0-9][0-9][ \r\n]")
_EMPTY_LINE: Final = re.compile(rb"\n\r?\n")
_BLANK_LINE: Final = re.compile(rb"\n[ \t\r]*\n")


class RequestHead(NamedTuple):
    """A request line with its fields."""

    method: str
    target: bytes
    version: str
    """`0.9` where the line names none."""
    fields: Fields


class ResponseHead(NamedTuple):
    """A status line with its fields."""

    status: int
    fields: Fields


def head_end(data: bytes | bytearray, start: int = 0) -> int:
    """Index after the empty line that ends a head, looked for from `start` on; -1 without one."""
    end = _EMPTY_LINE.search(data, start)
    return end.end() if end is not None else -1


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


def parse_request(line: bytes, fields: Fields) -> RequestHead | None:
    """The request that a line begins; None when it is none."""
    line = line.rstrip()
    method = _METHOD.match(line)
    version = _version(line)
    if method is None or (version is None and _SIMPLE_REQUEST.match(line) is None):
        return None
    target = line[method.end() : version.start() if version is not None else None].strip()
    named = version[1].decode("ascii") if version is not None else "0.9"
    return RequestHead(method[0].decode("ascii"), target, named, fields)


def _version(line: bytes) -> re.Match[bytes] | None:
    return _VERSION.search(line, max(len(line) - 16, 0))


def parse_response(line: bytes, fields: Fields) -> ResponseHead | None:
    """The response that a line begins; None when it is none."""
    match = _STATUS_LINE.match(line)
    return ResponseHead(int(match[2]), fields) if match is not None else None

"""The head of an HTTP/1 message: start line and the header fields that framing and statistics need (RFC 9112).

Lenient where real senders are: bare LF ends a line, white space may stand before the colon, a folded line is joined.
"""

import re
from typing import Final, NamedTuple

CHUNKED: Final = -1
"""Body length of a message in the chunked transfer coding."""
UNTIL_CLOSE: Final = -2
"""Body length of a response that ends with the connection."""
UNKNOWN: Final = -3
"""Body length that cannot be told: the framing is broken."""

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
_BLANK_LINE: Final = re.compile(rb"\n[ \t\r]*\n")
_FIELDS: Final = re.compile(
    rb"\n(?:\r[ \t]{0,4}){0,4}(host|user-agent|referer|content-length|transfer-encoding|content-type|upgrade)"
    rb"[ \t\r\v\f]{0,16}:[ \t]*([^\r\n]*)",
    re.IGNORECASE,
)
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_DIGITS: Final = re.compile(rb"0{0,4000}[0-9]{1,18}\Z")


class Fields(NamedTuple):
    """The header fields of a message that are needed; empty where absent."""

    host: bytes
    user_agent: bytes
    referer: bytes
    content_type: bytes
    upgrade: bytes
    length: int | None
    """Content-Length, or `CHUNKED`, or `UNKNOWN`; None where the head says nothing of a body."""
    oddities: tuple[str, ...]


class RequestHead(NamedTuple):
    """A request line with its fields; `version` is `0.9` where the line names none."""

    method: bytes
    target: bytes
    version: bytes
    fields: Fields


class ResponseHead(NamedTuple):
    """A status line with its fields."""

    version: bytes
    status: int
    fields: Fields


def head_end(data: bytes | bytearray, start: int) -> int:
    """Index after the empty line that ends a head, looked for from `start`; -1 while there is none."""
    crlf = data.find(b"\n\r\n", start)
    bare = data.find(b"\n\n", start, crlf + 1 if crlf >= 0 else len(data))
    if bare >= 0:
        return bare + 2
    return crlf + 3 if crlf >= 0 else -1


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


def parse_request(head: bytes) -> RequestHead | None:
    """The request of a head that is complete; None when its first line is no request line."""
    line = head[: _line_end(head)].rstrip()
    method = _METHOD.match(line)
    version = _version(line)
    if method is None or (version is None and _SIMPLE_REQUEST.match(line) is None):
        return None
    target = line[method.end() : version.start() if version is not None else None].strip()
    return RequestHead(method[0], target, version[1] if version is not None else b"0.9", parse_fields(head))


def _version(line: bytes) -> re.Match[bytes] | None:
    return _VERSION.search(line, max(len(line) - 16, 0))


def parse_response(head: bytes) -> ResponseHead | None:
    """The response of a head that is complete; None when its first line is no status line."""
    match = _STATUS_LINE.match(head, 0, _line_end(head))
    if match is None:
        return None
    return ResponseHead(match[1], int(match[2]), parse_fields(head))


def _line_end(head: bytes) -> int:
    end = head.find(b"\n")
    return end if end >= 0 else len(head)


def parse_fields(head: bytes) -> Fields:
    """The fields after the first line."""
    if b"\n " in head or b"\n\t" in head:
        start = _line_end(head)
        head = head[:start] + _FOLD.sub(b" ", head[start:])
    host = user_agent = referer = content_type = upgrade = b""
    lengths: list[bytes] = []
    codings: list[bytes] = []
    oddities: list[str] = []
    for name, value in _FIELDS.findall(head):
        size = len(name)
        if size == 4:
            if host and value.rstrip() != host:
                oddities.append("several Host fields")
            host = host or value.rstrip()
        elif size == 10:
            user_agent = user_agent or value.rstrip()
        elif size == 14:
            lengths.append(value)
        elif size == 12:
            content_type = content_type or value.rstrip()
        elif size == 17:
            codings.append(value)
        elif name[:1] in b"rR":
            referer = referer or value.rstrip()
        else:
            upgrade = upgrade or value.rstrip()
    length = _body_length(lengths, codings, oddities) if lengths or codings else None
    return Fields(host, user_agent, referer, content_type, upgrade, length, tuple(oddities))


def _body_length(lengths: list[bytes], codings: list[bytes], oddities: list[str]) -> int:
    """Length that Content-Length and Transfer-Encoding declare (RFC 9112 section 6.3)."""
    if codings:
        if lengths:
            oddities.append("Content-Length with Transfer-Encoding")
        coding = b",".join(codings).lower()
        if b"chunked" not in coding:
            oddities.append("Transfer-Encoding without chunked")
            return UNKNOWN
        if coding.rpartition(b",")[2].strip() != b"chunked":
            # RFC 9112 section 6.3 calls it an error; those who answer it nevertheless read chunks.
            oddities.append("chunked is not the last transfer coding")
        return CHUNKED
    values = [value.strip() for value in b",".join(lengths).split(b",")]
    if any(value != values[0] for value in values):
        oddities.append("conflicting Content-Length")
    if _DIGITS.match(values[0]) is None:
        oddities.append("bad Content-Length")
        return UNKNOWN
    return int(values[0])

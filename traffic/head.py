"""The head of an HTTP/1 message: start line and the header fields that framing and statistics need (RFC 9112).

Lenient where real senders are: bare LF ends a line, white space may stand before the colon, a folded line is joined.
"""

import re
from functools import lru_cache
from typing import Final

from traffic.text import printable

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
_COMMON_METHODS: Final = {
    name.encode("ascii"): name for name in ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
}
_CERTAIN_REQUEST: Final = re.compile(
    rb"(?:" + _KNOWN_METHODS + rb") (?:[^\r\n]{1,65536}? HTTP/1\.[01]\r?\n|(?:/|https?://|\*)[^ \r\n]*\Z)"
)
_CERTAIN_RESPONSE: Final = re.compile(rb"HTTP/1\.[01] [1-5][0-9][0-9][ \r\n]")
_BLANK_LINE: Final = re.compile(rb"\n[ \t\r]*\n")
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_DIGITS: Final = re.compile(rb"0{0,4000}[0-9]{1,18}\Z")
_WHITE: Final = b" \t\r\v\f"

_HOST, _USER_AGENT, _REFERER, _LENGTH, _CODING, _TYPE, _UPGRADE = 1, 2, 3, 4, 5, 6, 7
_NAMES: Final = {
    b"host": _HOST,
    b"user-agent": _USER_AGENT,
    b"referer": _REFERER,
    b"content-length": _LENGTH,
    b"transfer-encoding": _CODING,
    b"content-type": _TYPE,
    b"upgrade": _UPGRADE,
    # Not needed, and in most messages: known without a look at their letters.
    b"connection": 0,
    b"cookie": 0,
    b"cache-control": 0,
    b"content-encoding": 0,
}
_KINDS: Final = {spelled: kind for name, kind in _NAMES.items() for spelled in (name, name.title())}
_INITIALS: Final = bytes(chr(code) in "cChHrRtTuU\r\v\f" for code in range(256))
"""By the first byte of a line: whether a field that is needed may stand there."""
_CACHED_LENGTH: Final = 2048
_FIRST_STEP: Final = 1024
"""Bytes in which the end of a head is looked for first; most heads are shorter."""
_CACHED_BLOCKS: Final = 1024


class Fields:
    """The header fields of a message that are needed; empty where absent."""

    __slots__ = ("_limit", "_texts", "content_type", "host", "length", "oddities", "referer", "upgrade", "user_agent")

    def __init__(self) -> None:
        self.host = b""
        self.user_agent = b""
        self.referer = b""
        self.content_type = b""
        self.upgrade = b""
        self.length: int | None = None
        """Content-Length, or `CHUNKED`, or `UNKNOWN`; None where the head says nothing of a body."""
        self.oddities: tuple[str, ...] = ()
        self._limit = 0
        self._texts = ("", "", "")

    def texts(self, limit: int) -> tuple[str, str, str]:
        """Host, User-Agent and Referer as text of at most `limit` characters; made once, as fields are used again."""
        if limit != self._limit:
            self._limit = limit
            self._texts = (
                printable(self.host, limit),
                printable(self.user_agent, limit),
                printable(self.referer, limit),
            )
        return self._texts


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


def head_end(data: bytes | bytearray, start: int) -> int:
    """Index after the empty line that ends a head, looked for from `start`; -1 while there is none.

    It looks ahead in growing steps: what it costs depends on the length of the head, not on what comes after it.
    """
    step = _FIRST_STEP
    while True:
        crlf = data.find(b"\n\r\n", start, start + step)
        bare = data.find(b"\n\n", start, crlf + 1 if crlf >= 0 else start + step)
        if bare >= 0:
            return bare + 2
        if crlf >= 0:
            return crlf + 3
        if start + step >= len(data):
            return -1
        step *= 8


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
    end = _line_end(head)
    space = head.find(b" ", 0, end)
    common = _COMMON_METHODS.get(head[:space]) if space < end - 10 else None
    if common is not None and head[end - 10 : end] == b" HTTP/1.1\r":
        return RequestHead(common, head[space + 1 : end - 10].strip(), "1.1", _request_fields(head[end:]))
    line = head[:end].rstrip()
    method = _METHOD.match(line)
    version = _version(line)
    if method is None or (version is None and _SIMPLE_REQUEST.match(line) is None):
        return None
    target = line[method.end() : version.start() if version is not None else None].strip()
    named = version[1].decode("ascii") if version is not None else "0.9"
    return RequestHead(method[0].decode("ascii"), target, named, _request_fields(head[end:]))


def _request_fields(block: bytes) -> Fields:
    """The fields of a request: a client sends the same ones again and again."""
    return _remembered_fields(block) if len(block) <= _CACHED_LENGTH else parse_fields(block)


@lru_cache(maxsize=_CACHED_BLOCKS)
def _remembered_fields(block: bytes) -> Fields:
    return parse_fields(block)


def _version(line: bytes) -> re.Match[bytes] | None:
    return _VERSION.search(line, max(len(line) - 16, 0))


def parse_response(head: bytes) -> ResponseHead | None:
    """The response of a head that is complete; None when its first line is no status line."""
    end = _line_end(head)
    status = head[9:12]
    if head[:9] == b"HTTP/1.1 " and status.isdigit() and head[12:13] in (b" ", b"\r"):
        return ResponseHead(int(status), _response_fields(head[end:], int(status)))
    match = _STATUS_LINE.match(head, 0, end)
    if match is None:
        return None
    return ResponseHead(int(match[2]), parse_fields(head[end:]))


@lru_cache(maxsize=_CACHED_BLOCKS)
def _media_type(value: bytes, limit: int) -> str:
    return printable(value.partition(b";")[0].strip().lower(), limit)


def media_type(value: bytes, limit: int) -> str:
    """The media type of a Content-Type, lower case, without parameters (RFC 9110 section 8.3.1)."""
    return _media_type(value[:_CACHED_LENGTH], limit)


def _response_fields(block: bytes, status: int) -> Fields:
    """The fields of a response. No two are alike, so those that framing needs are looked for, and nothing else is read.

    Where one is not written in the plainest way, every line is read.
    """
    lower = block.lower()
    fields = Fields()
    coding = lower.find(b"transfer-encoding")
    length = _plain_value(block, lower, b"content-length")
    kind = _plain_value(block, lower, b"content-type")
    if status == 101 or coding >= 0 or length is None or kind is None or not (length.isdigit() and len(length) < 18):
        return parse_fields(block)
    fields.content_type = kind
    fields.length = int(length)
    return fields


def _plain_value(block: bytes, lower: bytes, name: bytes) -> bytes | None:
    """The value of a field that stands there once, on one line, with its colon next to its name; else None."""
    place = lower.find(name)
    end = place + len(name)
    if place < 1 or lower[place - 1] != 10 or lower[end] != 58 or lower.find(name, end) >= 0:
        return None
    newline = lower.find(b"\n", end)
    if lower[newline + 1] in (32, 9):
        return None
    return block[end + 1 : newline].strip()


def _line_end(head: bytes) -> int:
    end = head.find(b"\n")
    return end if end >= 0 else len(head)


def parse_fields(block: bytes) -> Fields:
    """The fields of the lines after the first newline of `block`."""
    fields = Fields()
    lengths: list[bytes] = []
    codings: list[bytes] = []
    lines = block.split(b"\n")
    for index in range(1, len(lines)):
        line = lines[index]
        if not line:
            continue
        first = line[0]
        if first in (32, 9) and line.strip():
            return parse_fields(_FOLD.sub(b" ", block))
        if not _INITIALS[first]:
            continue
        name, _, value = line.partition(b":")
        kind = _KINDS.get(name, -1)
        if kind < 0:
            kind = _KINDS.get(name.strip(_WHITE).lower(), 0)
        if kind == _LENGTH:
            lengths.append(value)
        elif kind == _CODING:
            codings.append(value)
        elif kind:
            _set(fields, kind, value.strip())
    if lengths or codings:
        _set_length(fields, lengths, codings)
    return fields


def _set_length(fields: Fields, lengths: list[bytes], codings: list[bytes]) -> None:
    value = lengths[0] if lengths else b""
    if len(lengths) == 1 and not codings and len(value) < 18 and value.strip().isdigit():
        fields.length = int(value)
        return
    oddities = list(fields.oddities)
    fields.length = _body_length(lengths, codings, oddities)
    fields.oddities = tuple(oddities)


def _set(fields: Fields, kind: int, value: bytes) -> None:
    """Of a field that comes several times the first counts."""
    if kind == _HOST:
        if fields.host and value != fields.host:
            fields.oddities = ("several Host fields",)
        fields.host = fields.host or value
    elif kind == _USER_AGENT:
        fields.user_agent = fields.user_agent or value
    elif kind == _TYPE:
        fields.content_type = fields.content_type or value
    elif kind == _REFERER:
        fields.referer = fields.referer or value
    else:
        fields.upgrade = fields.upgrade or value


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

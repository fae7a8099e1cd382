"""The start line of an HTTP/1 message, and the end of its head (RFC 9112).

Parsing is as lenient as real senders require: a bare LF ends a line.
"""

import re
from typing import Final, NamedTuple

from traffic.fields import Fields

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}"
_REQUEST_START: Final = re.compile(_TOKEN + rb"(?:[ \t]|\Z)")
_METHOD: Final = re.compile(_TOKEN + rb"(?=[ \t])")
_VERSION: Final = re.compile(rb"[ \t]HTTP/([0-9.]*)\Z", re.IGNORECASE)
_SIMPLE_REQUEST: Final = re.compile(rb"[A-Z]{3,16} (?:/|http://)[^ \t]*\Z")
_STATUS_LINE: Final = re.compile(rb"(?:HTTP/[0-9.]+|ICY)[ \t]+([0-9]{3})(?![0-9])", re.IGNORECASE)
_KNOWN_METHODS: Final = (
    rb"GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|SEARCH|"
    rb"REPORT|MKCALENDAR|CHECKOUT|CHECKIN|MERGE|SUBSCRIBE|UNSUBSCRIBE|NOTIFY|M-SEARCH|PURGE|BAN|LINK|UNLINK|ACL"
)
_SCHEME: Final = rb"[A-Za-z][A-Za-z0-9+.\-]{0,31}://"
_ABSOLUTE: Final = re.compile(_SCHEME)
_CUT_VERSION: Final = rb"(?:H|HT|HTT|HTTP|HTTP/|HTTP/1|HTTP/1\.|HTTP/1\.[01]\r?)?"
_CERTAIN_REQUEST: Final = re.compile(
    rb"(?:" + _KNOWN_METHODS + rb") "
    rb"(?:[^\r\n]{1,65536}? HTTP/1\.[01]\r?\n|(?:/|https?://|\*)[^ \r\n]*(?: " + _CUT_VERSION + rb")?\Z)"
)
# Any token is a method (RFC 9110 section 9.1). With an unknown one, the form of the target (RFC 9112 section 3.2) and
# the start of the next line tell a request from other text. The end of a well-known one is the rest of a cut line.
_ANY_METHOD: Final = re.compile(
    rb"(" + _TOKEN + rb") (?=/|\* |" + _SCHEME + rb")[^ \t\r\n]{1,65536} HTTP/1\.[01]\r?\n"
    rb"(?:\r?\n|\r?\Z|" + _TOKEN + rb"[ \t]*(?::|\Z))"
)
_CUT_REQUEST_LINE: Final = re.compile(
    rb"(" + _TOKEN + rb")[ \t]+((?:/|" + _SCHEME + rb"[^/?# \t]+[/?#])[^ \t]*|\*)"
    rb"(?:[ \t]+(?:H|HT|HTT|HTTP|HTTP/|HTTP/[0-9]|HTTP/[0-9]\.|HTTP/([0-9]\.[0-9])))?\Z"
)
_CERTAIN_RESPONSE: Final = re.compile(rb"(?:HTTP/1\.[01]|ICY) [1-5][0-9][0-9][ \r\n]")
_EMPTY_LINE: Final = re.compile(rb"\n\r?\n")
_BLANK_LINE: Final = re.compile(rb"\n[ \t\r]*\n")


class RequestHead(NamedTuple):
    """A request line and its header fields."""

    method: str
    target: bytes
    version: str
    """`0.9` if the line has no version; empty if the line is cut before it."""
    fields: Fields


class ResponseHead(NamedTuple):
    """A status line and its header fields."""

    status: int
    fields: Fields


def head_end(data: bytes | bytearray, start: int = 0) -> int:
    """Search from `start` for the empty line that ends a head; return the index after it, or -1."""
    end = _EMPTY_LINE.search(data, start)
    return end.end() if end is not None else -1


def blank_line_end(data: bytes | bytearray) -> int:
    """Return the index after the first line that holds only white space, or -1.

    Such a line is a folded line (RFC 9112 section 5.2), but parsers take it for the end of a head if no empty line
    follows.
    """
    end = _BLANK_LINE.search(data)
    return end.end() if end is not None else -1


def may_start_request(data: bytes | bytearray) -> bool:
    """Return whether a request may start with these bytes: a method, white space and, in a complete line, a version.

    A line without a version must be a Simple-Request of HTTP/0.9 (RFC 1945 section 5).
    """
    end = data.find(b"\n")
    if end < 0:
        return _REQUEST_START.match(data) is not None
    line = bytes(data[:end]).rstrip()
    if _METHOD.match(line) is None:
        return False
    return _version(line) is not None or _SIMPLE_REQUEST.match(line) is not None


def may_start_response(data: bytes | bytearray) -> bool:
    """Return whether a response may start with these bytes. SHOUTcast servers write `ICY` in place of the version."""
    return data[:5].upper() == b"HTTP/"[: len(data)] or data[:4].upper() == b"ICY "[: len(data)]


def strays(data: bytes, most: int) -> int:
    """Return how many stray bytes, at most `most`, come before what may be a status line, or before the end.

    Return 0 if there are more. Empty lines may follow the stray bytes.
    """
    if data[:1] in (b"\r", b"\n") or may_start_response(data):
        return 0
    return next((size for size in range(1, most + 1) if may_start_response(data[size:].lstrip(b"\r\n"))), 0)


def starts_request(data: bytes) -> bool:
    """Return whether the bytes certainly start with an HTTP/1 request line; if cut, only with a well-known method."""
    if _CERTAIN_REQUEST.match(data) is not None:
        return True
    other = _ANY_METHOD.match(data)
    return other is not None and not any(method.endswith(other[1]) for method in _KNOWN_METHODS.split(b"|"))


def starts_response(data: bytes) -> bool:
    """Return whether the bytes start with an HTTP/1 status line."""
    return _CERTAIN_RESPONSE.match(data) is not None


def parse_request(line: bytes, fields: Fields) -> RequestHead | None:
    """Parse a request line; return None if it is not one."""
    line = line.rstrip()
    method = _METHOD.match(line)
    version = _version(line)
    if method is None or (version is None and _SIMPLE_REQUEST.match(line) is None):
        return None
    target = line[method.end() : version.start() if version is not None else None].strip()
    named = version[1].decode("ascii") if version is not None else "0.9"
    return RequestHead(method[0].decode("ascii"), target, named, fields)


def parse_cut_request(line: bytes, fields: Fields) -> RequestHead | None:
    """Parse a request line whose end is missing; return None unless it has a method and a target.

    The target may be cut, but not before the end of its authority, so that it names no other host.
    """
    match = _CUT_REQUEST_LINE.match(line.rstrip())
    if match is None:
        return None
    return RequestHead(match[1].decode("ascii"), match[2], (match[3] or b"").decode("ascii"), fields)


def contradicts(target: bytes, host: bytes) -> bool:
    """Return whether an absolute target names another host than the Host field (RFC 9112 section 3.2.2)."""
    scheme = _ABSOLUTE.match(target)
    if scheme is None or not host:
        return False
    authority = re.split(rb"[/?#]", target[scheme.end() :], maxsplit=1)[0].rpartition(b"@")[2]
    return authority.lower().removesuffix(b":80") != host.lower().removesuffix(b":80")


def _version(line: bytes) -> re.Match[bytes] | None:
    return _VERSION.search(line, max(len(line) - 16, 0))


def parse_response(line: bytes, fields: Fields) -> ResponseHead | None:
    """Parse a status line; return None if it is not one."""
    match = _STATUS_LINE.match(line)
    return ResponseHead(int(match[1]), fields) if match is not None else None

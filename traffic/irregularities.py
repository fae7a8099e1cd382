"""Irregularities of heads and chunk lines: what recipients read in different ways, so that one may hide from another.

They are oddities; `docs/oddities.md` tells what is made of them. Ordinary software sends hardly any.
"""

import re
from collections.abc import Iterator
from typing import Final

from traffic.head import RequestHead, ResponseHead

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_NAME: Final = re.compile(rb"(" + _TOKEN + rb"*)([ \t]*)(:?)")
_STATUS_LINE: Final = re.compile(rb"(HTTP/[0-9.]+|ICY)([ \t]+)[0-9]{3}([ \r]?)", re.IGNORECASE)
_OF_BODIES: Final = (b"transfer-encoding", b"content-length", b"content-encoding")
"""Fields that decide where a body ends and how it is read."""
_VERSIONS: Final = (b"HTTP/1.1", b"HTTP/1.0", b"ICY")
_LINKEDIN: Final = 999
"""A status out of range that well-known sites answer robots with."""
_CHUNK_LINE: Final = re.compile(rb"([ \t\v\f]*)([0-9A-Fa-f]+)([ \t\v\f\r]*)(;.*)?", re.DOTALL)
_EXTENSION: Final = re.compile(_TOKEN + rb"+(?:[ \t]*=[ \t]*" + _TOKEN + rb"+)?")


def of_request(head: bytes, request: RequestHead) -> Iterator[str]:
    """Yield the irregularities of the whole head of a request."""
    line = head.partition(b"\n")[0].removesuffix(b"\r")
    method, text = request.method.encode("ascii"), line.rstrip()
    size = len(request.version) + len(b"HTTP/")
    if text != method + b" " + request.target:  # as of HTTP/0.9
        if text[-size:] not in _VERSIONS:
            yield "unusual HTTP version"
        if line[:-size] != method + b" " + request.target + b" " or {*b" \t"}.intersection(request.target):
            yield "malformed request line"
    yield from of_lines(head)


def of_response(head: bytes, response: ResponseHead) -> Iterator[str]:
    """Yield the irregularities of the whole head of a response."""
    line = head.partition(b"\n")[0]
    parts = _STATUS_LINE.match(line)
    if parts is not None:
        if parts[1] not in _VERSIONS:
            yield "unusual HTTP version"
        if parts[2] != b" " or (not parts[3] and parts.end() < len(line)):
            yield "malformed status line"
    if not 100 <= response.status <= 599 and response.status != _LINKEDIN:
        yield "status code out of range"
    yield from of_lines(head)


def of_lines(head: bytes) -> Iterator[str]:
    """Yield the irregularities of the lines of a head, its first one included."""
    ends, pairs = head.count(b"\n"), head.count(b"\r\n")
    if head.count(b"\r") > pairs:
        yield "bare CR in a head"
    if not pairs:
        yield "bare LF in a head"
    elif ends > pairs:
        yield "mixed line ends in a head"
    if _CONTROL.search(head) is not None:
        yield "control character in a head"
    seen = set(_of_fields(head))
    yield from (name for name in _IN_ORDER if name in seen)


_IN_ORDER: Final = (
    "white space before a colon",
    "bad field name",
    "line of white space in a head",
    "folded field line",
    "field of bodies in a folded line",
)


def _of_fields(head: bytes) -> Iterator[str]:
    field = b""
    for line in head.split(b"\n")[1:-1]:
        text = line.removesuffix(b"\r")
        if text[:1] in (b" ", b"\t"):
            folded = text.strip(b" \t\r").lower()
            yield "folded field line" if folded else "line of white space in a head"
            if folded and (field in _OF_BODIES or folded.startswith(_OF_BODIES)):
                yield "field of bodies in a folded line"
        elif text:
            name = _NAME.match(text)
            field = name[1].lower() if name is not None else b""
            if not field or name is None or not name[3]:
                yield "bad field name"
            elif name[2]:
                yield "white space before a colon"


def of_chunk_line(line: bytes, *, server: bool) -> Iterator[str]:
    """Yield the irregularities of a line with a chunk size that can be read (RFC 9112 section 7.1)."""
    text = line[:-1].removesuffix(b"\r")
    parts = _CHUNK_LINE.fullmatch(text)
    yield from of_line_end(line)
    if parts is None:
        return
    if len(parts[2]) > 1 and parts[2].startswith(b"0"):
        yield "leading zeros in a chunk size"
    if parts[1] or parts[3].strip(b" "):
        yield "bad white space around a chunk size"
    elif parts[3]:
        yield "spaces after a chunk size"
    if parts[4] is not None:
        if not _is_extension(parts[4][1:]):
            yield "malformed chunk extension"
        elif server:  # clients of S3 sign their chunks in extensions
            yield "chunk extension in a response"


def _is_extension(text: bytes) -> bool:
    """Return whether a chunk extension may be one: names, with or without values; quotes must come in pairs."""
    if quotes := text.count(b'"'):
        return quotes % 2 == 0
    return all(_EXTENSION.fullmatch(one.strip(b" \t")) for one in text.split(b";"))


def of_trailer(line: bytes) -> Iterator[str]:
    """Yield the irregularities of a line after the last chunk (RFC 9112 section 7.1.2)."""
    yield from of_line_end(line)
    name = _NAME.match(line)
    if line not in (b"\r\n", b"\n") and (name is None or not name[1] or not name[3]):
        yield "bad trailer field"


def of_line_end(line: bytes) -> Iterator[str]:
    """Yield the irregularities of the end of a line of the chunked framing."""
    if not line.endswith(b"\r\n"):
        yield "bare LF in chunked framing"

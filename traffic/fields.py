"""The header fields of an HTTP/1 message that framing and statistics need (RFC 9112).

Lenient where real senders are: white space may stand before the colon, a folded line is joined.
"""

import re
from typing import Final

from traffic.text import printable

CHUNKED: Final = -1
"""Body length of a message in the chunked transfer coding."""
UNTIL_CLOSE: Final = -2
"""Body length of a response that ends with the connection."""
UNKNOWN: Final = -3
"""Body length that cannot be told: the framing is broken."""

_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_DIGITS: Final = re.compile(rb"0{0,4000}[0-9]{1,18}\Z")
_WHITE: Final = b" \t\r\v\f"
_LONGEST_TYPE: Final = 2048

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


class Fields:
    """The header fields of a message that are needed; empty where absent."""

    __slots__ = (
        "_limit",
        "_texts",
        "content_type",
        "host",
        "length",
        "lines",
        "oddities",
        "referer",
        "upgrade",
        "user_agent",
    )

    def __init__(self) -> None:
        self.host = b""
        self.user_agent = b""
        self.referer = b""
        self.content_type = b""
        self.upgrade = b""
        self.length: int | None = None
        """Content-Length, or `CHUNKED`, or `UNKNOWN`; None where the head says nothing of a body."""
        self.lines = 0
        """Newlines of the block."""
        self.oddities: tuple[str, ...] = ()
        self._limit = 0
        self._texts = ("", "", "", "")

    def texts(self, limit: int) -> tuple[str, str, str, str]:
        """Host, User-Agent, Referer and media type as text of at most `limit` characters.

        They are made once, as fields are used again. The media type is in lower case, without parameters (RFC 9110
        section 8.3.1).
        """
        if limit != self._limit:
            self._limit = limit
            self._texts = (
                printable(self.host, limit),
                printable(self.user_agent, limit),
                printable(self.referer, limit),
                printable(self.content_type[:_LONGEST_TYPE].partition(b";")[0].strip().lower(), limit),
            )
        return self._texts


def response_fields(block: bytes) -> Fields:
    """The fields of a response: those that framing needs are looked for, and nothing else is read.

    Where one is not written in the plainest way, every line is read.
    """
    lower = block.lower()
    fields = Fields()
    fields.lines = block.count(b"\n")
    special = lower.find(b"transfer-encoding") >= 0 or lower.find(b"upgrade") >= 0
    length = _plain_value(block, lower, b"content-length")
    kind = _plain_value(block, lower, b"content-type")
    if special or length is None or kind is None or not (length.isdigit() and len(length) < 18):
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


def parse_fields(block: bytes) -> Fields:
    """The fields of the lines after the first newline of `block`."""
    fields = Fields()
    fields.lines = block.count(b"\n")
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

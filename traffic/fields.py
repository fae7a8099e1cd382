"""The header fields of an HTTP/1 message that framing and statistics need (RFC 9112).

Parsing is as lenient as real senders require: white space before the colon is accepted, and folded lines are joined.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from traffic.forwarding import CLIENT_FIELDS
from traffic.text import printable

CHUNKED: Final = -1
"""Body length of a message in the chunked transfer coding."""
UNTIL_CLOSE: Final = -2
"""Body length of a response that ends with the connection."""
UNKNOWN: Final = -3
"""Body length that is unknown because the framing is broken."""

_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_DIGITS: Final = re.compile(rb"0{0,4000}[0-9]{1,18}\Z")
_WHITE: Final = b" \t\r\v\f"
_LONGEST_TYPE: Final = 2048
_TRANSFER_CODINGS: Final = frozenset(
    (b"chunked", b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress", b"identity")
)
"""Codings that RFC 9112 section 7 and its predecessors define."""
_SPELLINGS: Final = frozenset((b"chunked", b"Chunked", b"CHUNKED"))
_TEXTS: Final = (b"host", b"user-agent", b"referer", b"content-type", b"upgrade", b"expect")


class Fields(NamedTuple):
    """The header fields in use; a missing field is empty."""

    host: bytes
    user_agent: bytes
    referrer: bytes
    content_type: bytes
    upgrade: bytes
    expect: bytes
    length: int | None
    """Content-Length, or `CHUNKED`, or `UNKNOWN`; None if the head does not mention a body."""
    oddities: tuple[str, ...]
    named: tuple[tuple[bytes, bytes], ...] = ()
    """Names and values of the fields that were named, in the order of the names."""
    forwarding: tuple[tuple[bytes, bytes], ...] = ()
    """Names and values of `CLIENT_FIELDS`, in the order of the lines."""

    @property
    def media_type(self) -> bytes:
        """Return the content type in lower case, without parameters (RFC 9110 section 8.3.1)."""
        return self.content_type[:_LONGEST_TYPE].partition(b";")[0].strip().lower()

    def named_text(self, limit: int) -> str:
        """Return the named fields as lines of `name: value`, cut at `limit` characters."""
        lines = [f"{name.decode('ascii')}: {printable(value, limit)}" for name, value in self.named]
        return "\n".join(lines)[:limit]


def parse_fields(block: bytes, names: Sequence[bytes] = (), *, whole: bool = True) -> Fields:
    """Parse the lines after the first newline of `block`, and keep the fields with one of the `names`.

    The first of several equal fields counts. Unless the block is `whole`, it names no client: another may be missing.
    """
    kept = dict.fromkeys(names, b"")
    first = dict.fromkeys(_TEXTS, b"")
    lengths: list[bytes] = []
    codings: list[bytes] = []
    oddities: list[str] = []
    forwarding: list[tuple[bytes, bytes]] = []
    for name, value in _lines(block):
        if name in kept:
            kept[name] = kept[name] or value
        if whole and name in CLIENT_FIELDS:
            forwarding.append((name, value))
        elif name == b"content-length":
            lengths.append(value)
        elif name == b"transfer-encoding":
            codings.append(value)
        elif name in first:
            known = first[name]
            if name == b"host" and known and value != known and not oddities:
                oddities.append("multiple Host fields")
            first[name] = known or value
    return Fields(
        host=first[b"host"],
        user_agent=first[b"user-agent"],
        referrer=first[b"referer"],
        content_type=first[b"content-type"],
        upgrade=first[b"upgrade"],
        expect=first[b"expect"],
        length=_body_length(lengths, codings, oddities),
        oddities=tuple(oddities),
        named=tuple((name, value) for name, value in kept.items() if value),
        forwarding=tuple(forwarding),
    )


def _lines(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield names, in lower case, and values."""
    while any(line[:1] in (b" ", b"\t") and line.strip() for line in block.split(b"\n")[1:]):
        block = _FOLD.sub(b" ", block)
    for line in block.split(b"\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.strip(_WHITE).lower(), value.strip()


def _body_length(lengths: list[bytes], codings: list[bytes], oddities: list[str]) -> int | None:
    """Return the length that Content-Length and Transfer-Encoding declare (RFC 9112 section 6.3)."""
    coding = b",".join(codings).lower()
    if codings and all(name.strip() == b"identity" for name in coding.split(b",")):
        oddities.append("identity transfer coding")  # obsolete, and no coding at all (RFC 2616 section 4.4)
    elif codings:
        _judge_codings(codings, oddities)
        if lengths:
            oddities.append("Content-Length with Transfer-Encoding")
        if b"chunked" not in coding:
            oddities.append("Transfer-Encoding without chunked")
            return UNKNOWN
        if coding.rpartition(b",")[2].strip() != b"chunked":
            # RFC 9112 section 6.3 calls this an error, but recipients that answer anyway read chunks.
            oddities.append("chunked is not the last transfer coding")
        return CHUNKED
    if not lengths:
        return None
    values = [value.strip() for value in b",".join(lengths).split(b",")]
    if any(value != values[0] for value in values):
        oddities.append("conflicting Content-Length")
    elif len(values) > 1:
        oddities.append("repeated Content-Length")
    if _DIGITS.match(values[0]) is None:
        oddities.append("bad Content-Length")
        return UNKNOWN
    return int(values[0])


def _judge_codings(codings: list[bytes], oddities: list[str]) -> None:
    """Find what is wrong with transfer codings (RFC 9112 sections 6.1 and 7)."""
    names = [name.strip() for name in b",".join(codings).split(b",")]
    if len(codings) > 1:
        oddities.append("repeated Transfer-Encoding")
    if not _TRANSFER_CODINGS.issuperset(name.lower() for name in names):
        oddities.append("unknown transfer coding")
    if any(name.lower() == b"chunked" and name not in _SPELLINGS for name in names):
        oddities.append("unusual spelling of chunked")

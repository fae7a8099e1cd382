"""Undoes the content codings of a body (RFC 9110 section 8.4.1) up to a number of bytes. Pure.

`decoded` knows gzip and deflate. The core has the same function, which knows br and zstd, too (`decode_content`, see
`core/core.pyi`); problems have the same names.
"""

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

Undo = Callable[[bytes, bytes, int], tuple[bytes, str, bool]]
"""Gets a body, the value of Content-Encoding, and the maximum bytes to return; see `decoded`."""

MOST_CODINGS: Final = 4
"""Content codings that are undone, one inside the other."""

TRUNCATED: Final = "truncated"
"""The body ends before its coding does."""
TRAILING: Final = "trailing bytes"
"""There are bytes after the end of the coding."""
CHECKSUM: Final = "bad checksum"
"""The checksum or the length at the end is another."""
MALFORMED: Final = "malformed"
"""The body is not what its coding says."""
TOO_MANY: Final = "too many content codings"
HEADERLESS: Final = "deflate without zlib header"
"""Most clients read it nevertheless, and so does `decoded`."""
UNKNOWN: Final = "unknown content coding "
"""The name of the coding follows."""

_WHITE: Final = b" \t\r\n\f"
_LONGEST_NAME: Final = 40
_MOST_MEMBERS: Final = 1000
_PIECE: Final = 512
_MAGIC: Final = b"\x1f\x8b"
_HEADER_CRC, _EXTRA, _TEXTS, _RESERVED = 2, 4, (8, 16), 0xE0


def decoded(body: bytes, codings: bytes, longest: int) -> tuple[bytes, str, bool]:
    """Undo the content codings of a body, the last one first, up to `longest` bytes.

    Return the bytes, the first problem (empty if there was none), and whether there are more bytes. If a body could not
    be decoded at all, the bytes are those that were sent.
    """
    listed = (name.strip(_WHITE).lower() for name in codings.split(b","))
    names = [name for name in listed if name not in (b"", b"identity")]
    if len(names) > MOST_CODINGS:
        return body[:longest], TOO_MANY, len(body) > longest
    problem, more = "", False
    for name in reversed(names if body else []):
        undo = _UNDO.get(name)
        if undo is None:
            problem = problem or UNKNOWN + _shown(name)
            break
        plain, found, longer = undo(body, longest)
        if not (more and found == TRUNCATED):  # we cut what is inside
            problem = problem or found
        more |= longer
        if found != MALFORMED:
            body = plain
            continue
        body = plain or body
        break
    return body[:longest], problem, more or len(body) > longest


def _shown(name: bytes) -> str:
    """Return a name with escapes for all but printable ASCII."""
    escaped = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\"}
    shown = (escaped.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in name)
    return "".join(shown)[:_LONGEST_NAME]


class _Level(NamedTuple):
    """A body without one coding."""

    plain: bytes
    problem: str
    more: bool


def _cut(plain: bytes, problem: str, longest: int) -> _Level:
    return _Level(plain[:longest], problem, len(plain) > longest)


def _inflated(body: bytes, at: int, longest: int) -> tuple[bytes, int | None, str]:
    """Inflate the stream at an index (RFC 1951), until there are more than `longest` bytes.

    Return them, the index after the stream (None if it was not reached), and the problem that ended it.
    """
    reader, parts, size = zlib.decompressobj(-15), list[bytes](), 0
    for start in range(at, len(body), _PIECE):
        piece = body[start : start + _PIECE]
        try:
            parts.append(reader.decompress(piece))
        except zlib.error:
            return b"".join(parts), None, MALFORMED
        size += len(parts[-1])
        if reader.eof or size > longest:
            end = start + len(piece) - len(reader.unused_data)
            return b"".join(parts), end if reader.eof else None, ""
    return b"".join(parts), None, TRUNCATED


def _deflate(body: bytes, longest: int) -> _Level:
    """Undo zlib (RFC 1950), or deflate alone, which many servers send."""
    wrapped = len(body) >= 2 and _is_zlib(body[0], body[1])
    plain, end, problem = _inflated(body, 2 if wrapped else 0, longest)
    if len(plain) > longest:
        return _cut(plain, "" if wrapped else HEADERLESS, longest)
    if not wrapped:  # if it is malformed, nothing says that it was deflate
        return _Level(b"", MALFORMED, False) if problem == MALFORMED else _Level(plain, HEADERLESS, False)
    if end is not None:
        trailer = body[end : end + 4]
        wrong = len(trailer) == 4 and int.from_bytes(trailer, "big") != zlib.adler32(plain)
        problem = CHECKSUM if wrong else TRUNCATED if len(trailer) < 4 else TRAILING if len(body) > end + 4 else ""
    return _Level(plain, problem, False)


def _is_zlib(method: int, flags: int) -> bool:
    """Return whether these bytes start zlib without a dictionary."""
    return method & 15 == 8 and method >> 4 <= 7 and not flags & 32 and (method << 8 | flags) % 31 == 0


def _gzip(body: bytes, longest: int) -> _Level:
    """Undo gzip (RFC 1952): one member after the other."""
    parts, size, at, problem = list[bytes](), 0, 0, ""
    for _ in range(_MOST_MEMBERS):
        start, found = _behind_header(body, at)
        problem = MALFORMED if found == MALFORMED else problem or found
        if start is None:
            return _Level(b"".join(parts), problem, False)
        plain, end, found = _inflated(body, start, longest - size)
        parts.append(plain)
        size += len(plain)
        if size > longest:
            return _cut(b"".join(parts), problem, longest)
        problem = MALFORMED if found == MALFORMED else problem or found
        if end is None or len(body) < end + 8:
            return _Level(b"".join(parts), problem or TRUNCATED, False)
        right = zlib.crc32(plain).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
        problem = problem or (CHECKSUM if body[end : end + 8] != right else "")
        at = end + 8
        if at == len(body):
            return _Level(b"".join(parts), problem, False)
        if body[at : at + 2] != _MAGIC:
            break
    return _Level(b"".join(parts), problem or TRAILING, False)


def _behind_header(body: bytes, at: int) -> tuple[int | None, str]:
    """Return the index after the header of a member, None if there is none, and its problem."""
    fixed = body[at : at + 10]
    start = _MAGIC + b"\x08"
    if not fixed.startswith(start[: len(fixed)]) or (len(fixed) == 10 and fixed[3] & _RESERVED):
        return None, MALFORMED
    if len(fixed) < 10:
        return None, TRUNCATED
    place = at + 10
    if fixed[3] & _EXTRA:
        place += 2 + int.from_bytes(body[place : place + 2], "little")
    for _ in filter(fixed[3].__and__, _TEXTS):
        place = body.find(b"\0", place) + 1 or len(body) + 1
    end = place + (2 if fixed[3] & _HEADER_CRC else 0)
    if end > len(body):
        return None, TRUNCATED
    right = (zlib.crc32(body[at:place]) & 0xFFFF).to_bytes(2, "little")
    return end, CHECKSUM if end > place and body[place:end] != right else ""


_UNDO: Final[Mapping[bytes, Callable[[bytes, int], _Level]]] = MappingProxyType(
    {b"gzip": _gzip, b"x-gzip": _gzip, b"deflate": _deflate}
)

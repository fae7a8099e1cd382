"""Takes messages apart for inspectors: start line, fields, and the body without its content codings. Pure."""

import re
import zlib
from typing import Final, NamedTuple

MOST_CODINGS: Final = 4
"""Content codings that are undone, one inside the other."""
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_WHITE: Final = b" \t\r"


class Message(NamedTuple):
    """A request or a response, taken apart."""

    line: bytes
    """Request line or status line, without its end."""
    fields: tuple[tuple[bytes, bytes], ...]
    """Names as sent, and values without the white space around them; folded lines are joined (RFC 9112 section 5.2)."""
    body: bytes
    """The body without content codings, cut; as far as they could be undone."""
    coding_problem: str
    """Why they could not be undone to the end of the body; empty if they could."""
    cut: bool
    """Whether the body is longer."""

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of a field; `name` is in lower case."""
        return [value for known, value in self.fields if known.lower() == name]


def message(head: bytes, body: bytes, size: int, longest: int) -> Message:
    """Take a message apart. Its body has `size` bytes, of which `body` was kept, and is cut at `longest` bytes."""
    line, fields = split(head)
    codings = [value for name, value in fields if name.lower() == b"content-encoding"]
    plain, problem, more = decoded(body, b",".join(codings), longest)
    return Message(line, fields, plain, problem, more or len(body) < size)


def split(head: bytes) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """Return the start line and the fields of a head. A line without a colon has its text as name and no value."""
    line, _, rest = head.partition(b"\n")
    fields = []
    for text in _FOLD.sub(b" ", rest).split(b"\n"):
        name, _, value = text.partition(b":")
        if text.strip(_WHITE):
            fields.append((name.strip(_WHITE), value.strip(_WHITE)))
    return line.rstrip(b"\r"), tuple(fields)


def decoded(body: bytes, codings: bytes, longest: int) -> tuple[bytes, str, bool]:
    """Undo the content codings of a body (RFC 9110 section 8.4.1), the last one first, up to `longest` bytes.

    Return the bytes, the problem that ended it, and whether there are more bytes.
    """
    names = [name.strip().lower() for name in codings.split(b",")]
    more = False
    wanted = [name for name in names if name not in (b"", b"identity")]
    if len(wanted) > MOST_CODINGS:
        return body[:longest], "too many content codings", len(body) > longest
    for name in reversed(wanted):
        window = _WINDOWS.get(name)
        if window is None:
            return body[:longest], f"unknown content coding {name.decode('ascii', 'backslashreplace')}", more
        body, problem, more = _inflated(body, window, longest)
        if problem:
            return body, problem, more
    return body[:longest], "", more or len(body) > longest


_WINDOWS: Final = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}


def _inflated(body: bytes, window: int, longest: int) -> tuple[bytes, str, bool]:
    reader = zlib.decompressobj(window)
    try:
        plain = reader.decompress(body, longest)
    except zlib.error as error:
        return b"", str(error), False
    return plain, "", bool(reader.unconsumed_tail)

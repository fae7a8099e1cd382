"""Takes messages apart for inspectors: start line, fields, and the body without its content codings. Pure."""

import re
from typing import Final, NamedTuple

from detection.codings import TRUNCATED, Undo, decoded

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
    """Its first problem: one of `detection.codings`; empty if there was none. That the capture lacks bytes is none."""
    cut: bool
    """Whether the body is longer."""

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of a field; `name` is in lower case."""
        return [value for known, value in self.fields if known.lower() == name]


def message(head: bytes, body: bytes, size: int, longest: int, undo: Undo = decoded) -> Message:
    """Take a message apart. Its body has `size` bytes, of which `body` was kept, and is cut at `longest` bytes.

    `undo` undoes content codings: `decoded`, or the core's `decode_content`, which knows more of them.
    """
    line, fields = split(head)
    codings = [value for name, value in fields if name.lower() == b"content-encoding"]
    plain, problem, more = undo(body, b",".join(codings), longest)
    kept_in_part = len(body) < size
    if kept_in_part and problem == TRUNCATED:
        problem = ""
    return Message(line, fields, plain, problem, more or kept_in_part)


def split(head: bytes) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """Return the start line and the fields of a head. A line without a colon has its text as name and no value."""
    line, _, rest = head.partition(b"\n")
    fields = []
    for text in _FOLD.sub(b" ", rest).split(b"\n"):
        name, _, value = text.partition(b":")
        if text.strip(_WHITE):
            fields.append((name.strip(_WHITE), value.strip(_WHITE)))
    return line.rstrip(b"\r"), tuple(fields)

"""Frames of SPOP 2.0 (doc/SPOE.txt section 3.2), both ways: tests and measurements are the other side. Pure."""

import struct
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from verdicts.spoe.values import INVALID, Cursor, Value, WrongFrame, number, text, typed

UNSET: Final = 0
HAPROXY_HELLO: Final = 1
HAPROXY_DISCONNECT: Final = 2
NOTIFY: Final = 3
AGENT_HELLO: Final = 101
AGENT_DISCONNECT: Final = 102
ACK: Final = 103
FIN: Final = 1
"""Flag of the last fragment of a payload."""
LENGTH: Final = struct.Struct(">I")
SMALLEST_LIMIT: Final = 256
"""Bytes that every side must take."""
MOST_MESSAGES: Final = 64
"""Messages of a frame."""
MOST_ITEMS: Final = 64
"""Items of a greeting or a farewell."""
_FLAGS: Final = struct.Struct(">I")
_SET_VAR: Final = 1
_SET_VAR_ARGUMENTS: Final = 3
TRANSACTION: Final = 2
"""Scope of variables."""


class Frame(NamedTuple):
    """A frame, whose payload is not read yet."""

    kind: int
    whole: bool
    """Whether the payload is not a fragment that others follow."""
    stream: int
    number: int
    payload: bytes


class Message(NamedTuple):
    """A message of a NOTIFY."""

    name: str
    arguments: Mapping[str, Value]


def frame_in(body: bytes) -> Frame:
    """Read a frame, without its length.

    Raises:
        WrongFrame: it is none.
    """
    cursor = Cursor(body)
    kind = cursor.byte()
    (flags,) = _FLAGS.unpack(cursor.take(_FLAGS.size))
    stream, count = cursor.number(), cursor.number()
    return Frame(kind, bool(flags & FIN), stream, count, cursor.rest())


def framed(frame: Frame) -> bytes:
    """Write a frame, with its length."""
    flags = _FLAGS.pack(FIN if frame.whole else 0)
    body = bytes((frame.kind,)) + flags + number(frame.stream) + number(frame.number) + frame.payload
    return LENGTH.pack(len(body)) + body


def items_in(payload: bytes) -> dict[str, Value]:
    """Read the payload of a greeting or a farewell.

    Raises:
        WrongFrame: it is none.
    """
    cursor, found = Cursor(payload), dict[str, Value]()
    while not cursor.at_end:
        name = cursor.text().decode("latin-1")
        found[name] = cursor.value()
        if len(found) > MOST_ITEMS:
            raise WrongFrame(INVALID, "invalid frame received: too many items")
    return found


def items(values: Mapping[str, Value]) -> bytes:
    """Write the payload of a greeting or a farewell."""
    return b"".join(text(name.encode("latin-1")) + typed(value) for name, value in values.items())


def messages_in(payload: bytes) -> list[Message]:
    """Read the payload of a NOTIFY.

    Raises:
        WrongFrame: it is none.
    """
    cursor, found = Cursor(payload), list[Message]()
    while not cursor.at_end:
        name = cursor.text().decode("latin-1")
        arguments = [(cursor.text().decode("latin-1"), cursor.value()) for _ in range(cursor.byte())]
        found.append(Message(name, dict(arguments)))
        if len(found) > MOST_MESSAGES:
            raise WrongFrame(INVALID, "invalid frame received: too many messages")
    return found


def messages(sent: Sequence[Message]) -> bytes:
    """Write the payload of a NOTIFY."""
    parts = []
    for name, arguments in sent:
        parts.append(text(name.encode("latin-1")) + bytes((len(arguments),)) + items(arguments))
    return b"".join(parts)


def variables(values: Mapping[str, Value]) -> bytes:
    """Write the payload of an ACK that sets variables of the transaction."""
    head = bytes((_SET_VAR, _SET_VAR_ARGUMENTS, TRANSACTION))
    return b"".join(head + text(name.encode("latin-1")) + typed(value) for name, value in values.items())


def variables_in(payload: bytes) -> dict[str, Value]:
    """Read the payload of an ACK.

    Raises:
        WrongFrame: it does anything else than set variables.
    """
    cursor, found = Cursor(payload), dict[str, Value]()
    while not cursor.at_end:
        if (cursor.byte(), cursor.byte()) != (_SET_VAR, _SET_VAR_ARGUMENTS):
            raise WrongFrame(INVALID, "invalid frame received: an unknown action")
        cursor.byte()
        name = cursor.text().decode("latin-1")
        found[name] = cursor.value()
    return found

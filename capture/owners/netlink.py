"""Netlink messages (netlink(7)): requests, and the parts of answers."""

import socket
import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

REQUEST: Final = 0x01
DUMP: Final = 0x300
ERROR: Final = 2
DONE: Final = 3
PATIENCE: Final = 1.0
"""Seconds to wait for the kernel, which answers at once."""
_LONGEST: Final = 2**18
_HEADER: Final = struct.Struct("=IHHII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_NESTED: Final = 0x8000
_TYPE: Final = 0x3FFF  # without the flags of nested attributes


class Message(NamedTuple):
    """A message without its header."""

    type: int
    body: bytes


def request(kind: int, body: bytes, *, dump: bool) -> bytes:
    """Return a request; a dump is answered by many messages."""
    return _HEADER.pack(_HEADER.size + len(body), kind, REQUEST | (DUMP if dump else 0), 0, 0) + body


def messages(datagram: bytes) -> Iterator[Message]:
    """Yield the messages of a datagram, up to the first one that is malformed."""
    place = 0
    while place + _HEADER.size <= len(datagram):
        length, kind, _, _, _ = _HEADER.unpack_from(datagram, place)
        if not _HEADER.size <= length <= len(datagram) - place:
            return
        yield Message(kind, datagram[place + _HEADER.size : place + length])
        place += (length + 3) & ~3


def attributes(body: bytes, start: int) -> dict[int, bytes]:
    """Return the attributes that follow the fixed part of a message, by type."""
    found, place = dict[int, bytes](), start
    while place + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, place)
        if not _ATTRIBUTE.size <= length <= len(body) - place:
            break
        found[kind & _TYPE] = body[place + _ATTRIBUTE.size : place + length]
        place += (length + 3) & ~3
    return found


def attribute(kind: int, value: bytes) -> bytes:
    """Return an attribute, padded to its alignment."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def nested(kind: int, attributes: Iterable[bytes]) -> bytes:
    """Return an attribute that consists of others."""
    return attribute(kind | _NESTED, b"".join(attributes))


def opened(protocol: int) -> socket.socket:
    """Open a socket in the network of this thread.

    Raises:
        OSError: The kernel lacks the protocol.
    """
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    made.settimeout(PATIENCE)
    return made


def answers(netlink: socket.socket, asked: bytes, *, dump: bool) -> Iterator[Message]:
    """Send a request and yield the messages of the answer. An error is an answer without messages.

    Raises:
        OSError: The kernel did not answer.
    """
    netlink.sendto(asked, (0, 0))
    while True:
        for message in messages(netlink.recv(_LONGEST)):
            if message.type in (ERROR, DONE):
                return
            yield message
            if not dump:
                return

"""The server name in a TLS ClientHello, the one thing of an encrypted connection that says who is asked.

Reads the record layer of one direction (RFC 8446 section 5.1) and the first handshake message in it (section 4.1.2),
however both are cut into segments and records. What is not a ClientHello, or is too long, is given up.
"""

from collections.abc import Callable
from typing import Final

from traffic.limits import Budget
from traffic.stream import Sink

LONGEST_HELLO: Final = 2**14
"""Bytes of a ClientHello. With keys that resist quantum computers it takes some 2,000; one record carries 16 KiB."""
_HANDSHAKE: Final = 22
_CLIENT_HELLO: Final = 1
_SERVER_NAME: Final = 0
_HOST_NAME: Final = 0
_MESSAGE_HEAD: Final = 4


class HelloReader(Sink):
    """Takes the bytes from the first of a TLS connection on; tells `found` the name, once, if there is one."""

    __slots__ = ("_budget", "_found", "_head", "_message", "_remaining", "_wanted")

    def __init__(self, found: Callable[[bytes], None], budget: Budget) -> None:
        self._found = found
        self._budget = budget
        self._head = bytearray()
        self._message = bytearray()
        self._remaining = 0
        """Bytes of the record under way."""
        self._wanted = _MESSAGE_HEAD
        """Bytes of the message until more is known; 0 when all is done."""

    def data(self, data: bytes, time: float, seq: int, ack: int) -> None:
        """See `Sink`."""
        position = 0
        while self._wanted and position < len(data):
            if self._remaining:
                position += self._take(data[position : position + self._remaining])
            else:
                part = data[position : position + 5 - len(self._head)]
                self._head += part
                position += len(part)
                self._start_record()

    def close(self) -> None:
        """Give back what is held; nothing more is read."""
        self._budget.used -= len(self._message)
        self._message = bytearray()
        self._wanted = 0

    def _start_record(self) -> None:
        head = self._head
        if len(head) < 5:
            return
        self._remaining = head[3] << 8 | head[4]
        if head[0] != _HANDSHAKE or head[1] != 3 or not self._remaining:
            self.close()
        self._head = bytearray()

    def _take(self, part: bytes) -> int:
        """Add to the message what of the record belongs to it; how much was read."""
        self._remaining -= len(part)
        kept = part[: LONGEST_HELLO - len(self._message)]
        if self._budget.used + len(kept) > self._budget.limit:
            self.close()
            return len(part)
        self._budget.used += len(kept)
        self._message += kept
        if len(self._message) >= self._wanted:
            self._read_message()
        return len(part)

    def _read_message(self) -> None:
        message = self._message
        self._wanted = _MESSAGE_HEAD + int.from_bytes(message[1:4], "big")
        if message[0] != _CLIENT_HELLO or self._wanted > LONGEST_HELLO:
            self.close()
        elif len(message) >= self._wanted:
            name = server_name(bytes(message[_MESSAGE_HEAD : self._wanted]))
            self.close()
            if name:
                self._found(name)


def starts_hello(data: bytes) -> bool:
    """Whether a segment starts with a ClientHello beyond doubt: record, message, and a version in each."""
    return data[:2] == b"\x16\x03" and data[5:6] == b"\x01" and data[9:10] == b"\x03"


def server_name(hello: bytes) -> bytes:
    """The host name (RFC 6066 section 3) in the body of a ClientHello; empty when there is none.

    What is too short for the lengths that it names ends there.
    """
    position = 2 + 32  # version, random
    for size in (1, 2, 1):  # session id, cipher suites, compression methods
        position += size + int.from_bytes(hello[position : position + size], "big")
    end = min(len(hello), position + 2 + int.from_bytes(hello[position : position + 2], "big"))
    position += 2
    while position + 4 <= end:
        kind, size = (int.from_bytes(hello[at : at + 2], "big") for at in (position, position + 2))
        position += 4
        if kind == _SERVER_NAME:
            return _host_name(hello[position : min(end, position + size)])
        position += size
    return b""


def _host_name(names: bytes) -> bytes:
    """The first name of the list; the only kind there is, is a host name."""
    size = int.from_bytes(names[3:5], "big")
    whole = len(names) >= 5 + size
    return names[5 : 5 + size] if whole and names[2] == _HOST_NAME else b""

"""The server name in a TLS ClientHello, the only readable part of an encrypted connection that names the server.

Reads the record layer of one direction (RFC 8446 section 5.1) and its first handshake message (section 4.1.2), however
both are split into segments and records. Anything that is not a ClientHello, or is too long, is given up.
"""

from collections.abc import Callable
from typing import Final

from traffic.limits import Budget
from traffic.stream import Sink

LONGEST_HELLO: Final = 2**14
"""Maximum bytes of a ClientHello. Post-quantum keys make it some 2,000 bytes; one record carries 16 KiB."""
_HANDSHAKE: Final = 22
_CLIENT_HELLO: Final = 1
_SERVER_NAME: Final = 0
_HOST_NAME: Final = 0
_MESSAGE_HEAD: Final = 4


class HelloReader(Sink):
    """Reads a TLS connection from its first byte; calls `found` once with the server name, if there is one."""

    __slots__ = ("_budget", "_found", "_head", "_message", "_remaining", "_wanted")

    def __init__(self, found: Callable[[bytes], None], budget: Budget) -> None:
        self._found = found
        self._budget = budget
        self._head = bytearray()
        self._message = bytearray()
        self._remaining = 0
        """Remaining bytes of the current record."""
        self._wanted = _MESSAGE_HEAD
        """Bytes of the message needed to go on; 0 when done."""

    def data(self, data: bytes, time: float, seq: int, ack: int) -> None:
        """See `Sink`."""
        position = 0
        while self._wanted and position < len(data):
            if self._remaining:
                size = min(self._remaining, self._wanted - len(self._message))
                position += self._take(data[position : position + size])
            else:
                part = data[position : position + 5 - len(self._head)]
                self._head += part
                position += len(part)
                self._start_record()

    def close(self) -> None:
        """Release the buffer and read nothing more."""
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
        """Add the next bytes of the current record to the message; return how many were read."""
        self._remaining -= len(part)
        if self._budget.used + len(part) > self._budget.limit:
            self.close()
            return len(part)
        self._budget.used += len(part)
        self._message += part
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
    """Return whether a segment certainly starts with a ClientHello: both types and both versions match."""
    return data[:2] == b"\x16\x03" and data[5:6] == b"\x01" and data[9:10] == b"\x03"


def server_name(hello: bytes) -> bytes:
    """Return the host name (RFC 6066 section 3) in the body of a ClientHello; empty if there is none.

    A body too short for its own lengths is read as far as it goes.
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
    """Return the first name in the list; host names are the only kind there is."""
    size = int.from_bytes(names[3:5], "big")
    whole = len(names) >= 5 + size
    return names[5 : 5 + size] if whole and names[2] == _HOST_NAME else b""

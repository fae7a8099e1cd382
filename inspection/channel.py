"""Messages over a socket between two processes: a number, a length, and so many bytes. No length is believed."""

import socket
import struct
from typing import Final, NamedTuple

LARGEST: Final = 2**30
"""Bytes of a message to a process that believes the sender."""
_HEAD: Final = struct.Struct("=II")
_PIECE: Final = 2**18
"""Bytes that are read at a time."""


class Message(NamedTuple):
    """A message."""

    number: int
    body: bytes


class WrongMessage(ValueError):  # noqa: N818 - the name says what is wrong
    """What was received is no message that the sender should send."""


class Channel:
    """One end of a socket."""

    def __init__(self, connection: socket.socket, largest: int = LARGEST) -> None:
        """Messages with more than `largest` bytes are refused."""
        self._socket = connection
        self._largest = largest
        self._received = bytearray()

    def wait_at_most(self, seconds: float) -> None:
        """Let sending and receiving raise TimeoutError when nothing has moved for so long."""
        self._socket.settimeout(seconds)

    def send(self, number: int, body: bytes = b"") -> None:
        """Send a message.

        Raises:
            OSError: the other end is closed, or does not read (TimeoutError).
        """
        self._socket.sendall(_HEAD.pack(number, len(body)))
        self._socket.sendall(body)

    def receive(self) -> Message | None:
        """Return the next message; None once the other end is closed.

        After TimeoutError, another call goes on where this one stopped.

        Raises:
            OSError: the connection is broken, or nothing arrives (TimeoutError).
            WrongMessage: the message is too long.
        """
        while missing := self._missing():
            piece = self._socket.recv(min(_PIECE, missing))
            if not piece:
                return None
            self._received += piece
        number, _ = _HEAD.unpack_from(self._received)
        body = bytes(memoryview(self._received)[_HEAD.size :])
        self._received = bytearray()
        return Message(number, body)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _missing(self) -> int:
        """Return how many bytes the message still lacks, as far as is known."""
        if len(self._received) < _HEAD.size:
            return _HEAD.size - len(self._received)
        _, length = _HEAD.unpack_from(self._received)
        if length > self._largest:
            raise WrongMessage(f"a message of {length} bytes")
        return _HEAD.size + int(length) - len(self._received)

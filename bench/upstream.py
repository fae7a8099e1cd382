"""A server on loopback that takes uploads, or answers badly: slowly, with what is no HTTP, or half.

Unlike the nginx of `bench.proxies`, it says how it answers; it is no part of what is measured.
"""

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from bench.connecting import HOST
from bench.messages import END, announced
from bench.proxies import BODY

UPLOAD, SLOW, GARBAGE, HALF = "takes uploads", "is slow", "sends garbage", "half-closes"
SLOWNESS: Final = 3.0
"""Seconds that a slow one takes for a response."""
_PIECE: Final = 1 << 20
_CHECK: Final = 0.2
"""Seconds in which it notices that it should end."""
_LONGEST: Final = 65536
_NOISE: Final = bytes(range(255, 127, -1)) * 4 + b"\r\n\r\n"
_OK: Final = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}".encode()


class Upstream:
    """Answers at a port, with a thread for each connection, until it is stopped."""

    def __init__(self, kind: str, port: int = 0) -> None:
        """Listen at a port; 0 for any."""
        self._kind = kind
        self._ending = threading.Event()
        self._turn = itertools.count()
        self._listener = socket.create_server((HOST, port), backlog=1024)
        self._listener.settimeout(_CHECK)
        self.port: Final = int(self._listener.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """End all connections."""
        self._ending.set()
        self._acceptor.join()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._ending.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                thread.start()
                self._threads = [each for each in self._threads if each.is_alive()] + [thread]

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_CHECK)
        with connection, suppress(OSError):
            while (head := self._head(connection)) and self._answer(connection, head):
                pass

    def _answer(self, connection: socket.socket, head: bytes) -> bool:
        """Answer a request; return whether another may follow."""
        if self._kind == GARBAGE:
            connection.sendall(_NOISE)
            return False
        if self._kind == SLOW and self._ending.wait(SLOWNESS):
            return False
        if self._kind == HALF:
            if next(self._turn) % 2:
                connection.sendall(_OK)
            connection.shutdown(socket.SHUT_WR)
            self._head(connection)  # until the other side closes too
            return False
        self._discard(connection, head)
        connection.sendall(_OK)
        return True

    def _head(self, connection: socket.socket) -> bytes:
        """Return the head of a request, and what came with it; nothing at the end."""
        received = b""
        while END not in received and len(received) < _LONGEST:
            if not (more := self._read(connection, _LONGEST)):
                return b""
            received += more
        return received

    def _discard(self, connection: socket.socket, received: bytes) -> None:
        head, _, body = received.partition(END)
        left = announced(head) - len(body)
        while left > 0 and (piece := self._read(connection, min(left, _PIECE))):
            left -= len(piece)

    def _read(self, connection: socket.socket, most: int) -> bytes:
        while not self._ending.is_set():
            with suppress(TimeoutError):
                return connection.recv(most)
        return b""


@contextmanager
def upstream(kind: str) -> Iterator[Upstream]:
    """Provide one until the end of the block."""
    server = Upstream(kind)
    try:
        yield server
    finally:
        server.stop()

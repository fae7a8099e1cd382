"""A syslog daemon for tests: takes messages in frames over TCP or TLS, and can be killed and started again."""

import socket
import ssl
import struct
import threading
from contextlib import suppress
from typing import Any


def frames(octets: bytes) -> tuple[list[bytes], bytes]:
    """Return the whole frames of a stream (RFC 6587 section 3.4.1), and what is left over."""
    found: list[bytes] = []
    while True:
        number, space, rest = octets.partition(b" ")
        if not space or len(rest) < int(number):
            return found, octets
        assert str(int(number)).encode() == number, "digits without leading zeros"
        found.append(rest[: int(number)])
        octets = rest[int(number) :]


class Receiver:
    """Serves one connection after the other, each until it ends or `kill` is called."""

    def __init__(self, context: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.messages: list[bytes] = []
        self.left_over: list[bytes] = []
        self.names: list[str] = []
        """Server names that clients asked for."""
        self._context = context
        if context is not None:
            context.sni_callback = lambda connection, name, context: self.names.append(name)
        self._server = socket.create_server(("127.0.0.1", port), reuse_port=False)
        self.port = int(self._server.getsockname()[1])
        self._connection: Any = None
        self._ending = False
        self.gate = threading.Event()
        """Cleared, it reads nothing."""
        self.gate.set()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def kill(self, *, reset: bool = True) -> None:
        """Close everything at once, with a reset or a FIN."""
        self._ending = True
        with suppress(OSError, AttributeError):  # there is no connection any more, or none yet
            if reset:
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._connection.close()
            else:
                self._connection.shutdown(socket.SHUT_RDWR)
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.gate.set()
        self._thread.join(30)

    def _serve(self) -> None:
        while not self._ending:
            try:
                plain, _ = self._server.accept()
            except OSError:
                return
            try:
                self._connection = plain if self._context is None else self._context.wrap_socket(plain, True)
            except OSError:
                plain.close()
                continue
            self._read()

    def _read(self) -> None:
        octets = b""
        try:
            while self.gate.wait(30) and (part := self._connection.recv(65536)):
                found, octets = frames(octets + part)
                self.messages += found
        except (OSError, ValueError):
            pass
        finally:
            self.left_over.append(octets)
            self._connection.close()

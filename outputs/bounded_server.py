"""A TCP server that nobody can exhaust: few connections at a time, a thread for each, and a deadline for each."""

import contextlib
import os
import socket
import threading
import time
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from typing import Any, Final

LOOK: Final = 0.5
"""Seconds between checks of the deadlines: the interval for `serve_forever`."""


class BoundedServer(ThreadingMixIn, TCPServer):
    """Closes connections beyond the limit at once, and cuts those whose deadline has passed."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # elsewhere two programs would share the port

    def __init__(
        self, family: int, place: Any, handler: type[BaseRequestHandler], connections: int, deadline: float
    ) -> None:
        """Listen. Each connection may take `deadline` seconds from when it was accepted, unless `give` says otherwise.

        Raises:
            OSError: the address is in use or not local, or the port needs more rights.
        """
        self.address_family = family
        self._connections, self._deadline = connections, deadline
        self._until: dict[Any, float] = {}  # open connections, and their deadlines
        self._lock = threading.Lock()
        super().__init__(place, handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Return whether one more connection is allowed, and register it."""
        with self._lock:
            room = len(self._until) < self._connections
            if room:
                self._until[request] = time.monotonic() + self._deadline
        return room

    def give(self, request: Any, seconds: float) -> None:
        """Let a connection take so many seconds from now on."""
        with self._lock:
            if request in self._until:
                self._until[request] = time.monotonic() + seconds

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ended."""
        with self._lock:
            self._until.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Cut the connections that took too long. The server calls this regularly."""
        now = time.monotonic()
        with self._lock:
            for request, until in self._until.items():
                if until < now:
                    _cut(request)

    def cut_all(self) -> None:
        """Cut all connections."""
        with self._lock:
            for request in self._until:
                _cut(request)


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is already closed
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # of TLS, only that of the connection below it

"""The HTTP server that metrics are scraped from. It listens as soon as it is made, and answers once it is started.

Whoever can reach it may try to wear it out: it serves few connections at a time, each for a bounded time, and what is
more is closed at once.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from outputs.address import Address
from outputs.errors import UnavailableError

CONNECTIONS: Final = 8
"""Served at a time. A Prometheus server makes one for each scrape; two of them and a curious user are plenty."""
DEADLINE: Final = 10.0
"""Seconds that a connection may take; also the time-out of a scrape, unless one is set."""
_LOOK: Final = 0.5
"""Seconds between looks at the deadlines."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class MetricsServer:
    """Serves a WSGI application in a thread of its own."""

    def __init__(self, address: Address, application: Application) -> None:
        """Listen; nobody is answered before `start`.

        Raises:
            UnavailableError: the address is in use, is not ours, or the port needs rights.
        """
        try:
            family, _, _, _, place = socket.getaddrinfo(
                address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            self._server = _Server(family, place)
        except OSError as reason:
            said = reason.strerror or reason
            raise UnavailableError(f"cannot serve metrics on {address}: {said}; use another ADDRESS:PORT") from reason
        self._server.set_app(application)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_LOOK,), name="metrics", daemon=True)
        self.address = Address(address.host, self._server.server_address[1])
        """Where it listens, with the port that the system chose if that was left to it."""

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening. Whoever is being answered is left to a thread that ends with the program."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Handler(WSGIRequestHandler):
    timeout = DEADLINE

    def log_message(self, *_: object) -> None:
        """Not logged: standard error belongs to the user."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16
    allow_reuse_address = os.name == "posix"  # elsewhere it would share the port with whoever has it

    def __init__(self, family: int, place: Any) -> None:
        self.address_family = family
        self._until: dict[Any, float] = {}  # the connections that are served, and their deadlines
        self._lock = threading.Lock()
        super().__init__(place, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service for our own name, which may take long and is told to nobody."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", self.server_address[1]
        self.setup_environ()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for one more connection."""
        with self._lock:
            room = len(self._until) < CONNECTIONS
            if room:
                self._until[request] = time.monotonic() + DEADLINE
        return room

    def shutdown_request(self, request: Any) -> None:
        """A connection is over."""
        with self._lock:
            self._until.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Called every now and then: cut the connections that took too long."""
        now = time.monotonic()
        with self._lock:
            late = [request for request, until in self._until.items() if until < now]
            for request in late:
                _cut(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it was faster
        connection.shutdown(socket.SHUT_RDWR)

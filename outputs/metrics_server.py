"""Serves metrics by HTTP. The server listens when it is created, and responds once it is started.

A client may try to exhaust it, so it serves few connections at a time, each for a limited time, and closes any more
at once.
"""

import socket
import threading
from collections.abc import Callable, Iterable
from socketserver import TCPServer
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from outputs.address import Address
from outputs.bounded_server import LOOK, BoundedServer
from outputs.errors import UnavailableError

CONNECTIONS: Final = 8
"""Maximum connections at a time. A Prometheus server opens one for each scrape."""
DEADLINE: Final = 10.0
"""Maximum seconds of a connection; also the default time-out of a scrape."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class MetricsServer:
    """Serves a WSGI application in its own thread."""

    def __init__(self, address: Address, application: Application) -> None:
        """Listen. No request gets a response before `start`.

        Raises:
            UnavailableError: the address is in use or not local, or the port needs more rights.
        """
        try:
            family, _, _, _, place = socket.getaddrinfo(
                address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            self._server = _Server(family, place, _Handler, CONNECTIONS, DEADLINE)
        except OSError as reason:
            said = reason.strerror or reason
            raise UnavailableError(f"cannot serve metrics on {address}: {said}; use another ADDRESS:PORT") from reason
        self._server.set_app(application)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(LOOK,), name="metrics", daemon=True)
        self.address = Address(address.host, self._server.server_address[1])
        """The address it listens on, with the port that the system chose if 0 was given."""

    def start(self) -> None:
        """Begin to respond."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening. Responses in progress continue in threads that end with the program."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Handler(WSGIRequestHandler):
    timeout = DEADLINE

    def log_message(self, *_: object) -> None:
        """Log nothing: standard error belongs to the user."""


class _Server(BoundedServer, WSGIServer):
    request_queue_size = 16

    def server_bind(self) -> None:
        """Bind without looking up our own host name, which may take long and is not needed."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report nothing: clients may disconnect at any time."""

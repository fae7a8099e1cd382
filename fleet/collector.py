"""The server of a collector: HTTPS, one thread for each connection, a few connections at a time.

Anybody may connect, so everything has a limit: connections, the time of a handshake, of a request and of silence, and
the bytes of head and body. Who has no valid token is turned away before the body is read. TLS is set up by
`fleet.collector_tls`; without it the server listens on loopback only.
"""

import socket
import ssl
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from fleet.batch import MAX_BATCH, PATH
from fleet.collecting import Answer, Collecting
from outputs.bounded_server import LOOK, BoundedServer

DEADLINE: Final = 30.0
"""Maximum seconds of a TLS handshake, and of a request from its first line to its answer."""
IDLE: Final = 90.0
"""Maximum seconds between two requests of a connection."""
HEADERS: Final = 32
"""Maximum header fields of a request."""


class CollectorServer:
    """Listens at once, and answers once it is started."""

    def __init__(
        self, place: tuple[str, int], context: ssl.SSLContext | None, connections: int, look: float = LOOK
    ) -> None:
        """Listen on an address and port; the system chooses the port if it is 0. Each request gets the answer of
        `Collecting`; `context` is None for plain HTTP. Deadlines are checked every `look` seconds.

        Raises:
            OSError: the address is in use or not local, or the port needs more rights.
        """
        family, _, _, _, found = socket.getaddrinfo(*place, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        self._server = _Server(family, found, context, connections)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(look,), name="collector", daemon=True)
        self.port: int = self._server.server_address[1]
        """The port it listens on."""

    def start(self, collecting: Collecting) -> None:
        """Begin to answer."""
        self._server.collecting = collecting
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and end what is not being stored. This may be called twice."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self._server.cut_all()


class _Server(BoundedServer):
    request_queue_size = 64
    collecting: Collecting

    def __init__(self, family: int, place: Any, context: ssl.SSLContext | None, connections: int) -> None:
        self._context = context
        super().__init__(family, place, _Handler, connections, DEADLINE)

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection. The handshake is left to its thread, because it may take long."""
        connection, address = super().get_request()
        if self._context is None:
            return connection, address
        try:
            return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address
        except (OSError, ValueError) as reason:
            connection.close()
            raise OSError(reason) from reason  # the server goes on

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Count the connections that are one too many."""
        allowed = super().verify_request(request, client_address)
        if not allowed:
            self.collecting.count("connections too many")
        return allowed

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Count it: clients may disconnect at any time, and speak something else than TLS. What is not their doing is
        said.
        """
        self.collecting.count("broken connections")
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.collecting.note_problem(f"a bug ended a connection: {type(error).__name__}: {error}", time.time())


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE
    server_version = "http-monitor"
    sys_version = ""

    def setup(self) -> None:
        """Shake hands, within the deadline that the connection got when it was accepted."""
        if isinstance(self.request, ssl.SSLSocket):
            self.request.settimeout(DEADLINE)
            self.request.do_handshake()
        super().setup()

    def handle_one_request(self) -> None:
        """Wait for a request, and answer it."""
        self.server.give(self.request, IDLE)
        super().handle_one_request()

    def parse_request(self) -> bool:
        """Parse the head, now that its first line is here."""
        self.server.give(self.request, DEADLINE)
        return super().parse_request()

    def do_POST(self) -> None:
        """Store a batch. Whatever leaves a body unread ends the connection."""
        refused, patterns = self._judged()
        if refused is not None:
            self._answer(refused, closes=True)
            return
        length = int(self.headers["Content-Length"])
        batch = self.rfile.read(length)
        if len(batch) < length:
            self.server.collecting.count("broken connections")
            self.close_connection = True
            return
        self._answer(self.server.collecting.store(batch, patterns, time.time()))

    def _judged(self) -> tuple[Answer | None, list[str]]:
        """Judge the head of a request; return why it is refused, and the patterns of its token."""
        collecting, length = self.server.collecting, self.headers.get("Content-Length", "")
        if len(self.headers) > HEADERS:
            collecting.count("malformed")
            return Answer(431, f"more than {HEADERS} header fields"), []
        if self.path != PATH:
            collecting.count("malformed")
            return Answer(404, f"only {PATH} is here"), []
        if not (patterns := collecting.patterns(self.headers.get("Authorization", ""))):
            return Answer(401, "wrong token"), []
        if not (length.isascii() and length.isdecimal() and len(length) < 12) or "Transfer-Encoding" in self.headers:
            collecting.count("malformed")
            return Answer(411, "needs a Content-Length"), []
        if int(length) > MAX_BATCH:
            collecting.count("too large")
            return Answer(413, f"more than {MAX_BATCH:,} bytes"), []
        return None, patterns

    def handle_expect_100(self) -> bool:
        """Let a client that asks send its body only if it may."""
        refused, _ = self._judged()
        if refused is not None:
            self._answer(refused, closes=True)
            return False
        return super().handle_expect_100()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request, or has another method."""
        self.server.collecting.count("malformed")
        self.request_version = self.protocol_version  # otherwise what is no HTTP gets no status
        self._answer(Answer(code, "malformed request"), closes=True)

    def _answer(self, answer: Answer, *, closes: bool = False) -> None:
        body = answer.words.encode("utf-8", "replace") + b"\n" if answer.words else b""
        headers: Mapping[str, str] = {
            **({"Content-Type": "text/plain; charset=utf-8"} if body else {}),
            **({"Content-Length": str(len(body))} if answer.status != 204 else {}),
            **({"Retry-After": str(answer.retry_after)} if answer.retry_after else {}),
            **({"WWW-Authenticate": "Bearer"} if answer.status == 401 else {}),
            **({"Connection": "close"} if closes else {}),
        }
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.close_connection or closes

    def log_message(self, *_: object) -> None:
        """Log nothing: the collector prints a summary."""

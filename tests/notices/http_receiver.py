"""Runs an HTTP server on loopback that records requests and returns given statuses."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Posted:
    """One recorded request."""

    path: str
    headers: Message
    body: bytes


@dataclass
class Hooks:
    """The server and its requests."""

    port: int = 0
    scheme: str = "http"
    posted: list[Posted] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Statuses of the next responses; the following ones are 200."""
    bodies: list[bytes] = field(default_factory=list)
    """Their bodies; the following ones are empty."""
    open: threading.Event = field(default_factory=threading.Event)
    """Responses are delayed until this is set."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/services/T0/B0/secret-token"


@contextmanager
def http_receiver(tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Hooks]:
    hooks = Hooks(scheme="https" if tls else "http")
    hooks.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hooks.posted.append(Posted(self.path, self.headers, body))
            hooks.open.wait(30)
            status, headers = hooks.answers.pop(0) if hooks.answers else (200, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            body = hooks.bodies.pop(0) if hooks.bodies else b""
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 as it is called there
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Report nothing: clients may disconnect at any time."""

    server = Server(("127.0.0.1", port), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    hooks.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hooks
    finally:
        hooks.open.set()
        server.shutdown()
        thread.join()
        server.server_close()

"""Runs a WebSocket server, and an HTTP server with event streams and calls; what they note is the truth."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

EVENTS = 5
"""Events of a stream; comments come between them."""
EVENT_INTERVAL = 0.1
"""Seconds before each event."""


class Chat(NamedTuple):
    """A WebSocket as the server saw it."""

    path: str
    received: int
    """Messages of the client."""
    sent: int
    received_bytes: int
    sent_bytes: int
    code: int
    """Status code of the closing handshake."""
    reason: str


@dataclass
class Notes:
    """What the servers noted."""

    chats: list[Chat] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    """Events by path."""
    calls: list[tuple[str, int]] = field(default_factory=list)
    """Path and body bytes of each call."""


def _echo(notes: Notes, connection: ServerConnection) -> None:
    """Answer each message twice, and note the whole conversation."""
    received: list[bytes] = []
    code, reason = 1006, ""
    try:
        while True:
            message = connection.recv()
            octets = message.encode() if isinstance(message, str) else message
            received.append(octets)
            connection.send(message)
            connection.send(message)
    except ConnectionClosed as closed:
        first = closed.rcvd if closed.rcvd_then_sent else closed.sent
        if first is not None:
            code, reason = first.code, first.reason
    path = connection.request.path if connection.request is not None else ""
    size = sum(map(len, received))
    notes.chats.append(Chat(path, len(received), 2 * len(received), size, 2 * size, code, reason))


@contextmanager
def websocket_server(notes: Notes, *, compressed: bool) -> Iterator[int]:
    """Run a WebSocket server, and yield its port."""
    compression = "deflate" if compressed else None
    with serve(lambda one: _echo(notes, one), "127.0.0.1", 0, compression=compression, ping_interval=0.5) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.socket.getsockname()[1]
        server.shutdown()


def _handler(notes: Notes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Send events in chunks, as a language model does."""
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for number in range(EVENTS):
                time.sleep(EVENT_INTERVAL)
                self._chunk(b": still there\n\n")
                self._chunk(b"event: token\nid: %d\n" % number)
                self._chunk(b"data: %b\n\n" % json.dumps({"token": number}).encode())
                notes.events[self.path] += 1
            self._chunk(b"")

        def _chunk(self, part: bytes) -> None:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()

        def do_POST(self) -> None:
            """Note a call."""
            size = int(self.headers["Content-Length"])
            self.rfile.read(size)
            notes.calls.append((self.path, size))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_arguments: Any, **_named: Any) -> None:
            """Print nothing."""

    return Handler


@contextmanager
def http_server(notes: Notes) -> Iterator[int]:
    """Run an HTTP server, and yield its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(notes)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()

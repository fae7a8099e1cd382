"""The web server of the demo: pages of several sites, some of them slow or failing."""

import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Final, NamedTuple


class Response(NamedTuple):
    """The response for one path."""

    status: int
    size: int
    """Bytes of the body."""
    content_type: str = "text/html"
    delay: float = 0.0
    """Seconds before the response is sent."""
    location: str = ""


RESPONSES: Final = {
    "/": Response(200, 12_000),
    "/products/42": Response(200, 18_000, delay=0.004),
    "/search": Response(200, 9_000, delay=0.03),
    "/cart": Response(200, 5_000, delay=0.008),
    "/cart/add": Response(303, 0, location="/cart"),
    "/old": Response(301, 0, location="/"),
    "/pages/create": Response(200, 3_000),
    "/items": Response(200, 2_500, "application/json", 0.006),
    "/items/42": Response(204, 0, delay=0.01),
    "/reports/daily": Response(200, 60_000, "text/csv", 0.15),
    "/status/500": Response(500, 300, delay=0.05),
    "/images/logo.png": Response(200, 30_000, "image/png"),
    "/images/upload": Response(201, 40, "application/json", 0.02),
}
NOT_FOUND: Final = Response(404, 150)
REQUESTS_PER_CONNECTION: Final = 30
"""The server closes a connection after this many requests, as real ones do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "demo", ""
    timeout = 30
    disable_nagle_algorithm = True
    served = 0

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        response = RESPONSES.get(self.path.partition("?")[0], NOT_FOUND)
        time.sleep(response.delay)
        self.served += 1
        self.send_response(response.status)
        if response.status != 204:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(response.size))
        if response.location:
            self.send_header("Location", response.location)
        if self.served == REQUESTS_PER_CONNECTION:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"." * response.size)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer  # noqa: N815 names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the parameter's name in http.server
        """Log nothing: the terminal belongs to the dashboard."""


class DemoServer(ThreadingTCPServer):
    """A web server on a free port of loopback. It has one thread per connection and logs nothing."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report nothing: visitors may disconnect at any time."""

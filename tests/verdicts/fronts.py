"""Real fronts with the configuration of docs/protecting.md, an agent that they ask, and a web server behind them."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, NamedTuple

from bench.fronts import write_haproxy, write_nginx

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 20.0
TIMEOUT: Final = 2
"""Seconds after which a front goes on: longer than documented, because a machine that runs tests is busy."""
DEADLINE: Final = 1.0
"""Seconds for an answer of the agent."""
MARGIN: Final = 0.5
"""Seconds that a busy machine may add."""
SQL: Final = "/search?id=1%27%20union%20select%202"


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A front that ends breaks its connections; that is no error here."""


@contextmanager
def web_server() -> Iterator[int]:
    """Serve 200 to everything; yield the port."""
    server = _Server(("127.0.0.1", 0), _Web)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Agent(NamedTuple):
    """A running agent."""

    process: "subprocess.Popen[str]"
    log: Path
    said: Path

    def logged(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def lines(self, text: str) -> list[str]:
        """Return the lines of the log that have a text, once there is one: it is written after the answer."""
        until(lambda: text in self.logged(), f"{text} in the log")
        return [line for line in self.logged().splitlines() if text in line]

    def workers(self) -> list[int]:
        """Return the numbers of its workers."""
        found: dict[int, tuple[int, str]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    text = (entry / "stat").read_text()
                except OSError:
                    continue
                name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :]
                found[int(entry.name)] = (int(rest.split()[1]), name)
        nurseries = {number for number, (_, name) in found.items() if name == "http-nursery"}
        own = {number for number in nurseries if found[found[number][0]][0] == self.process.pid}
        return [number for number, (parent, name) in found.items() if parent in own and name == "http-inspector"]


@contextmanager
def agent(folder: Path, port: int, *arguments: str, option: str = "--spoe") -> Iterator[Agent]:
    """Run the command until it answers."""
    log, said = folder / "verdicts.log", folder / "said"
    command = [sys.executable, "exercise.py", "answer", option, str(port), "--log", str(log), "--set", "user=root"]
    with said.open("a") as errors:
        process = subprocess.Popen([*command, *arguments], cwd=ROOT, stderr=errors, text=True)
    try:
        until(lambda: "answering" in said.read_text() or process.poll() is not None, "the agent")
        assert process.poll() is None, said.read_text()
        yield Agent(process, log, said)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        process.wait(PATIENCE)


@contextmanager
def program(command: Sequence[str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a front until it accepts connections."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        until(lambda: accepts(port) or process.poll() is not None, command[0])
        if process.poll() is not None:
            assert process.stdout is not None
            raise AssertionError(process.stdout.read().decode())
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def haproxy(folder: Path, web: int, asked: int) -> Iterator[int]:
    """Run HAProxy as documented; yield its port."""
    port = free_port()
    written = write_haproxy(
        folder,
        {
            "bind :80": f"bind 127.0.0.1:{port}",
            "127.0.0.1:8080": f"127.0.0.1:{web}",
            "127.0.0.1:12345": f"127.0.0.1:{asked}",
            "timeout processing 150ms": f"timeout processing {TIMEOUT}s",
        },
    )
    with program(["haproxy", "-db", "-f", str(written)], port):
        yield port


@contextmanager
def nginx(folder: Path, web: int, asked: int) -> Iterator[int]:
    """Run nginx as documented; yield its port."""
    port = free_port()
    written = write_nginx(
        folder,
        {
            "listen 80": f"listen 127.0.0.1:{port}",
            "127.0.0.1:8080": f"127.0.0.1:{web}",
            "127.0.0.1:9080": f"127.0.0.1:{asked}",
            "proxy_read_timeout 150ms": f"proxy_read_timeout {TIMEOUT}s",
        },
    )
    with program(["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(written)], port):
        yield port


class Reply(NamedTuple):
    """What a front answered."""

    status: int
    id: str
    seconds: float


FORM: Final = "application/x-www-form-urlencoded"


def ask(port: int, target: str, body: str = "", kind: str = FORM, fields: Mapping[str, str] | None = None) -> Reply:
    """Send a request as a browser would, with more fields."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    header = {"Host": "shop.example.com", "User-Agent": "Mozilla/5.0", "Accept": "*/*", **(fields or {})}
    if body:
        header["Content-Type"] = kind
    begun = time.monotonic()
    connection.request("POST" if body else "GET", target, body or None, header)
    response: HTTPResponse = connection.getresponse()
    response.read()
    connection.close()
    return Reply(response.status, response.getheader("X-Request-ID") or "", time.monotonic() - begun)


def pause(number: int) -> None:
    os.kill(number, signal.SIGSTOP)


def go_on(number: int) -> None:
    os.kill(number, signal.SIGCONT)

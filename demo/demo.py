"""The demo: a small web server and mixed traffic in a child process, on loopback, for `exercise.py --demo` to watch.

The traffic is calm while the monitor learns, rises to an alert, and is calm again. `enter_private_network` lets the
demo run without root, where the kernel allows it.
"""

import ctypes
import math
import os
import queue
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import accumulate
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any, Final, NamedTuple

from gen_traffic import AGENTS, Client, Step, paced

DEMO_SETTINGS: Final = {
    "timeout": "1",
    "dashboard_bucket_size": "5",
    "average_bucket_size": "10",
    "average_learning_duration": "15",
    "average_threshold": "25",
}
"""For `Config.with_settings`: learning for 15 to 20 s, an alert 10 or 20 s later, which lasts 10 or 20 s."""

DEMO_DURATION: Final = 65.0
"""Seconds that show all of it."""

LOOPBACK: Final = "lo" if sys.platform.startswith("linux") else "lo0"
"""The interface to watch."""

PHASES: Final = ((26.5, 24.0), (8.0, 80.0), (math.inf, 24.0))
"""Seconds and requests per second. Wherever buckets begin, the burst lies within one, or two that follow each other."""


def demo_duration(asked: float | None, ui: str) -> float | None:
    """Seconds until the demo ends by itself; None on the full screen, where somebody looks around until they leave."""
    return asked or (None if ui == "full" else DEMO_DURATION)


class DemoError(OSError):
    """The demo cannot run here. The text is one line for the user and names the way out."""


# Traffic --------------------------------------------------------------------------------------------------------------

SHOP, API, STATIC = "shop.example.com", "api.example.com", "static.example.com"

VISITS: Final = (
    # weight, method, host, path, bytes of the body
    (20, "GET", SHOP, "/", 0),
    (14, "GET", SHOP, "/products/42", 0),
    (8, "GET", SHOP, "/search?q=lamp", 0),
    (6, "GET", SHOP, "/cart", 0),
    (5, "POST", SHOP, "/cart/add", 120),
    (2, "GET", SHOP, "/old", 0),
    (2, "GET", SHOP, "/no-such-page", 0),
    (12, "GET", API, "/items?page=2", 0),
    (4, "PUT", API, "/items/42", 2_000),
    (1, "DELETE", API, "/items/42", 0),
    (3, "GET", API, "/reports/daily", 0),
    (1, "GET", API, "/status/500", 0),
    (16, "GET", STATIC, "/images/logo.png", 0),
    (4, "HEAD", STATIC, "/images/logo.png", 0),
    (2, "POST", STATIC, "/images/upload", 40_000),
)


def demo_steps() -> Iterator[Step]:
    """What the visitors ask for, at the pace of `PHASES`; the same each time."""
    dice = random.Random(0)
    weights = list(accumulate(weight for weight, *_ in VISITS))
    for duration, rate in PHASES:
        elapsed = 0.0
        while elapsed < duration:
            _, method, host, path, upload = dice.choices(VISITS, cum_weights=weights)[0]
            delay = dice.uniform(0.5, 1.5) / rate
            elapsed += delay
            yield Step(delay, method, path, dice.choice(AGENTS), upload, host)


def _visit(client: Client, steps: "queue.Queue[Step]") -> None:
    """One visitor: sends what comes out of the queue, over a connection of its own."""
    while True:
        client.send(steps.get())


def _drive(port: int, visitors: int = 6) -> None:
    """Send all steps. Several visitors, so that a slow answer delays no other."""
    steps: queue.Queue[Step] = queue.Queue(maxsize=visitors)
    for _ in range(visitors):
        client = Client(f"http://127.0.0.1:{port}", timeout=5)
        threading.Thread(target=_visit, args=(client, steps), daemon=True).start()
    for step in paced(demo_steps(), time.monotonic, time.sleep):
        steps.put(step)


# Server ---------------------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What the server says to one path."""

    status: int
    size: int
    """Bytes of the body."""
    content_type: str = "text/html"
    delay: float = 0.0
    """Seconds before it answers."""
    location: str = ""


ANSWERS: Final = {
    "/": Answer(200, 12_000),
    "/products/42": Answer(200, 18_000, delay=0.004),
    "/search": Answer(200, 9_000, delay=0.03),
    "/cart": Answer(200, 5_000, delay=0.008),
    "/cart/add": Answer(303, 0, location="/cart"),
    "/old": Answer(301, 0, location="/"),
    "/pages/create": Answer(200, 3_000),
    "/items": Answer(200, 2_500, "application/json", 0.006),
    "/items/42": Answer(204, 0, delay=0.01),
    "/reports/daily": Answer(200, 60_000, "text/csv", 0.15),
    "/status/500": Answer(500, 300, delay=0.05),
    "/images/logo.png": Answer(200, 30_000, "image/png"),
    "/images/upload": Answer(201, 40, "application/json", 0.02),
}
NOT_FOUND: Final = Answer(404, 150)
REQUESTS_PER_CONNECTION: Final = 30
"""After so many the server closes it, as real ones do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "demo", ""
    timeout = 30
    disable_nagle_algorithm = True
    served = 0

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = ANSWERS.get(self.path.partition("?")[0], NOT_FOUND)
        time.sleep(answer.delay)
        self.served += 1
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(answer.size))
        if answer.location:
            self.send_header("Location", answer.location)
        if self.served == REQUESTS_PER_CONNECTION:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"." * answer.size)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer  # noqa: N815 names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the parameter's name in http.server
        """Nothing: the terminal is the dashboard's."""


class DemoServer(ThreadingTCPServer):
    """A web server on a free port of loopback. One thread a connection; logs nothing."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def port(self) -> int:
        """The port it listens at."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a visitor that leaves early is no news."""


# The child process ----------------------------------------------------------------------------------------------------


class DemoTraffic:
    """Server and traffic, from `with` to the end of it. They run in a child process, beside the capture.

    Raises:
        DemoError: on entering: they did not start.
    """

    port: int
    """Where the server listens on 127.0.0.1."""

    def __enter__(self) -> "DemoTraffic":
        # A session of its own, as Ctrl+C is for us alone. The child ends when its input does, so after a crash as well.
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-m", __name__],
                cwd=Path(__file__).resolve().parent.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise DemoError(f"the web server of the demo did not start: {error}") from error
        assert self._child.stdout is not None
        said = self._child.stdout.readline().decode().strip()
        if not said.isdigit():
            self.__exit__()
            raise DemoError(f"the web server of the demo did not start: {said or 'it ended at once'}")
        self.port = int(said)
        return self

    def __exit__(self, *_: object) -> None:
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        try:
            child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()


def serve() -> None:
    """The child: serve and send until the input ends. Prints the port, or what is wrong, as its only line."""
    try:
        import requests  # noqa: F401 a missing package is said here, where the parent listens

        server = DemoServer()
    except (ImportError, OSError) as error:
        print(error, flush=True)
        return
    print(server.port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=_drive, args=(server.port,), daemon=True).start()
    sys.stdin.buffer.read()


# A network of our own -------------------------------------------------------------------------------------------------

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h
CAP_NET_RAW = 13  # linux/capability.h


def enter_private_network() -> bool:
    """Where we may not capture, move into a network namespace of our own, where we may, with its loopback up.

    Nothing of the outer network is reachable from it. To be called before any thread is started and before Scapy is
    imported, which keeps a list of interfaces.

    Returns:
        Whether we moved: False with the right to capture, and on other systems, which have no such thing.

    Raises:
        DemoError: the kernel refuses. The process may be in a network without loopback then, and should end.
    """
    if not sys.platform.startswith("linux") or _may_capture():
        return False
    user, group = os.geteuid(), os.getegid()
    try:
        _unshare(CLONE_NEWUSER | CLONE_NEWNET)
        _write("/proc/self/setgroups", "deny")  # without it gid_map is refused: user_namespaces(7)
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
        _bring_up(LOOPBACK)
    except OSError as error:
        raise DemoError(
            f"no permission to capture, and the kernel refuses a private network ({error.strerror}): use sudo"
        ) from error
    return True


def _may_capture() -> bool:
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        effective = next((line.split()[1] for line in status if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> CAP_NET_RAW & 1)


def _unshare(flags: int) -> None:
    if sys.version_info >= (3, 12):
        os.unshare(flags)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _bring_up(interface: str) -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14x", interface.encode(), 0)  # struct ifreq: name, flags
        flags = struct.unpack_from("H", fcntl.ioctl(sock, SIOCGIFFLAGS, request), 16)[0]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", interface.encode(), flags | IFF_UP))


if __name__ == "__main__":
    serve()

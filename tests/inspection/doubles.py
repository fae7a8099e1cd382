"""Inspectors for tests: one that finds a word, and some that misbehave if they read their own name."""

import os
import signal
import socket
import stat
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from detection.inspector import Inspected
from traffic.finding import Finding


def finding(exchange: Inspected, **fields: Any) -> Finding:
    """Return a finding about an exchange."""
    told = exchange.content
    made = Finding(
        told.time, "attack", "word", "high", told.client, told.client_port, told.server, told.server_port,
        told.host, told.path, "the word attack",
    )  # fmt: skip
    return made._replace(**fields)


class Double:
    """What they have in common."""

    name, title = "double", "Test double"

    def inspect(self, exchange: Inspected) -> Iterable[Finding]:
        """Act on the body of the request."""
        assert exchange.request is not None
        return self.act(exchange, exchange.request.body)

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        """Do it."""
        raise NotImplementedError


class Word(Double):
    name = "word"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        return [finding(exchange)] if b"attack" in body else []


class Loops(Double):
    name = "loops"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        while b"loop" in body:
            pass
        return []


class Allocates(Double):
    name = "allocates"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        kept = []
        while b"allocate" in body:
            kept.append(bytearray(2**24))
        return []


class Nests(Double):
    name = "nests"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        return self.act(exchange, body) if b"nest" in body else []


class Crashes(Double):
    name = "crashes"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        if b"crash" in body:
            os.kill(os.getpid(), signal.SIGSEGV)
        return []


class Sleeps(Double):
    name = "sleeps"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        if b"sleep" in body:
            signal.pause()
        return []


class Raises(Double):
    name = "raises"

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        if b"raise" in body:
            raise ZeroDivisionError("it is broken")
        return []


class Garbage(Double):
    name = "garbage"

    def act(self, exchange: Inspected, body: bytes) -> Any:
        return [42] if b"garbage" in body else []


class Hostile(Double):
    """Taken over: it writes to everything that it has open."""

    name = "hostile"
    LIES: Final = {
        b"a long answer": b"\xff" * 8,
        b"an early answer": struct.pack("=II", 64, 8) + b"[[], []]",
        b"many marks": b"." * 100,
        b"no JSON": struct.pack("=II", 1, 8) + b"[[[[[[[[",
        b"another inspector": struct.pack("=II", 1, 49) + b'[[["a", "strange", "high", "b", "c", "d"]], []]  ',
    }

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        if body in self.LIES:
            _write_everywhere(self.LIES[body], pipes_only=body == b"many marks")
            signal.pause()
        return []


def _write_everywhere(text: bytes, *, pipes_only: bool) -> None:
    for file in range(3, 64):
        with suppress(OSError):
            if stat.S_ISFIFO(os.fstat(file).st_mode) or not pipes_only:
                os.write(file, text)


class Tries(Double):
    """Says which of its attempts to do more succeeded."""

    name = "tries"
    families: tuple[int, ...] = ()

    def act(self, exchange: Inspected, body: bytes) -> Iterable[Finding]:
        done = [name for name, attempt in ATTEMPTS.items() if _succeeds(attempt)]
        return [finding(exchange, reason=", ".join(done))]


class TriesMore(Tries):
    name = "tries_more"
    families = (socket.AF_UNIX,)


def _fork() -> None:
    if not os.fork():
        os._exit(0)


ATTEMPTS: Final[dict[str, Callable[[], object]]] = {
    "read a file": lambda: Path("/etc/hostname").read_bytes(),
    "list a folder": lambda: os.listdir("/"),
    "write a file": lambda: Path("/tmp/inspected").write_text("x"),
    "use TCP": lambda: socket.socket(socket.AF_INET).close(),
    "use a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
    "fork": _fork,
    "start a program": lambda: os.execv("/bin/true", ["true"]),
}


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


DOUBLES: Final = {
    kind.name: kind
    for kind in (Word, Loops, Allocates, Nests, Crashes, Sleeps, Raises, Garbage, Hostile, Tries, TriesMore)
}

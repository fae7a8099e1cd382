"""Measures the memory per connection: `python -m tests.attacks.connection_memory`, using the core if it is built.

Each case runs in its own process, with as many connections as the default limits allow. The growth of its resident
memory is divided by their number.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from capture.core import CORE
from exercise_config import Config
from run.decoding import decoder_for, limits
from traffic.frames import Frames

from .attacks import different_texts
from .body_attacks import websocket
from .frames import CLIENT, SERVER, SYN, Line, packet, timed
from .measure import ROOT

Packets = Iterator[bytes]
HEAD: Final = b"GET /articles/2026/11?page=2 HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: Mozilla/5.0\r\n"
"""A request without its final empty line."""


def exchanged(n: int) -> Packets:
    """Connections that are idle after one small exchange."""
    for number in range(n):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, HEAD + b"\r\n")
        yield from line.send(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")


def asked(n: int) -> Packets:
    """Connections with an unanswered request."""
    for number in range(n):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, HEAD + b"\r\n")


def half_asked(n: int) -> Packets:
    """Connections with half a head."""
    for number in range(n):
        line = Line(number)
        yield from line.hello()
        yield from line.send(CLIENT, HEAD)


def websockets(n: int) -> Packets:
    """WebSockets that are idle after one message."""
    for number in range(n):
        line, opened = websocket(number)
        yield from opened
        yield from line.send(SERVER, b"\x81\5hello")


def half_open(n: int) -> Packets:
    """Handshakes that nobody answered."""
    return (packet(number, CLIENT, 1000, 0, SYN) for number in range(n))


CASES: Final[dict[str, Callable[[int], Packets]]] = {
    case.__name__: case for case in (exchanged, asked, half_asked, websockets, half_open)
}
NOT_TAKEN: Final = "records not taken"


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def measured(name: str, n: int) -> tuple[float, int]:
    """Return the bytes per connection or record for `n` of them in this process, and how many the decoder keeps."""
    flood = name == NOT_TAKEN
    decoder = decoder_for(frozenset({80}), limits(Config()), protocols=frozenset(Config().protocols))
    frames = timed(different_texts(n) if flood else CASES[name](n))
    decoder.feed(Frames.of(islice(frames, 4)))  # allocates everything that is loaded only once
    before = resident()
    while batch := Frames.of(islice(frames, 1000)):
        decoder.feed(batch)
        if not flood:
            decoder.take()
    kept = decoder.waiting if flood else n
    return (resident() - before) / kept, kept


def main(arguments: list[str]) -> None:
    if arguments:
        print(json.dumps(measured(arguments[0], int(arguments[1]))))
        return
    most = Config().max_connections
    print(f"Bytes of memory each, with the {'reference' if CORE is None else 'core'}")
    for name in (*CASES, NOT_TAKEN):
        n = 10 * most if name == NOT_TAKEN else most
        command = [sys.executable, "-m", "tests.attacks.connection_memory", name, str(n)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        each, kept = json.loads(done.stdout)
        print(f"{name.replace('_', ' '):>20} {each:8,.0f}  of {kept:,}")


if __name__ == "__main__":
    main(sys.argv[1:])

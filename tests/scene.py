"""Ordinary visits to a web site, which an incident may change, as a capture file."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from wire import Talk, get, ok

from traffic.frame import Frame

START = 1_700_000_000.0
BUCKET = 120
"""Seconds of learning, and of each bucket."""
SERVERS = ("192.0.2.10", "192.0.2.11")
CLIENTS = tuple(f"198.51.100.{number}" for number in range(1, 21))
PATHS = ("/", "/cart/4711", "/search?q=shoes", "/img/logo.png", "/api/v1/items")


@dataclass(frozen=True)
class Visit:
    """One request on its own connection."""

    client: str
    path: str
    server: str = SERVERS[0]
    status: int | None = 200
    seconds: float = 0.02
    size: int = 200

    def frames(self, time: float, port: int) -> list[Frame]:
        talk = Talk(client_port=port, addresses=(self.client, self.server), time=time).client(get(self.path))
        talk.wait(self.seconds)
        if self.status is None:
            return talk.reset(1).frames
        return talk.server(ok(b"x" * self.size, status=self.status)).close().frames


@dataclass
class Scene:
    """Ordinary visits, four per second, which an incident may change."""

    frames: list[Frame] = field(default_factory=list)
    ports: Iterator[int] = field(default_factory=lambda: count(2000))

    def visit(self, time: float, visit: Visit) -> None:
        self.frames += visit.frames(START + time, 1024 + next(self.ports) % 60_000)

    def given(
        self, begin: float, end: float, change: Callable[[int, Visit], Visit] = lambda number, visit: visit
    ) -> None:
        """Change the visits from `begin` to `end` with `change`."""
        for number in range(int(begin * 4), int(end * 4)):
            client, path = CLIENTS[number * 7 % len(CLIENTS)], PATHS[number * 3 % len(PATHS)]
            self.visit(number / 4, change(number, Visit(client, path, SERVERS[number % 2])))

    def write(self, path: Path) -> None:
        """Return a pcap file in the order of time (nanoseconds, Ethernet)."""
        out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)]
        for frame in sorted(self.frames, key=lambda frame: frame.time):
            seconds, part = divmod(round(frame.time * 1e9), 10**9)
            out += [struct.pack("<4I", seconds, part, len(frame.data), len(frame.data)), frame.data]
        path.write_bytes(b"".join(out))

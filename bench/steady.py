"""Requests at a fixed rate over a few connections, and how long each takes from the moment it was due.

Requests are due at random moments, as those of many independent clients. One that finds every connection busy waits,
and its wait counts: a slow server cannot slow down its own measurement.
"""

import gc
import random
import select
import socket
import time
from collections.abc import Sequence
from statistics import quantiles
from typing import Final

from bench.measure import CommandError
from bench.messages import whole

CONNECTIONS: Final = 32
SEED: Final = 7
PATIENCE: Final = 5.0
"""Seconds that a server may take for a response."""


def percentile(times: Sequence[float], percent: int) -> float:
    """Return a percentile from 1 to 99 of at least two values."""
    return quantiles(times, n=100, method="inclusive")[percent - 1]


def steady(port: int, rate: float, seconds: float, sent: bytes) -> list[float]:
    """Send so many requests/s for so long to a port of loopback; return the seconds of each response.

    Raises:
        CommandError: a connection ended, a response was an error, or one took too long.
    """
    connections = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(CONNECTIONS)]
    for each in connections:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    gc.collect()
    gc.disable()
    try:
        return _Sender(connections, rate, sent).run(seconds)
    finally:
        gc.enable()
        for each in connections:
            each.close()


class _Sender:
    def __init__(self, connections: Sequence[socket.socket], rate: float, sent: bytes) -> None:
        self._free = list(connections)
        self._busy: dict[socket.socket, tuple[float, bytes]] = {}
        """When the request on it was due, and what came as its response."""
        self._rate = rate
        self._sent = sent
        self._times: list[float] = []

    def run(self, seconds: float) -> list[float]:
        dice = random.Random(SEED)
        now = due = time.perf_counter()
        end = now + seconds
        while due < end or self._busy:
            while due <= now and due < end and self._free:
                connection = self._free.pop()
                connection.sendall(self._sent)
                self._busy[connection] = due, b""
                due += dice.expovariate(self._rate)
            wait = max(0.0, due - now) if self._free and due < end else PATIENCE
            ready, _, _ = select.select(self._busy, [], [], wait)
            now = time.perf_counter()
            if not ready and wait == PATIENCE:
                raise CommandError(f"no response in {PATIENCE} s")
            for connection in ready:
                self._receive(connection, now)
        return self._times

    def _receive(self, connection: socket.socket, now: float) -> None:
        due, begun = self._busy[connection]
        received = begun + connection.recv(65536)
        if len(received) == len(begun) or not received.startswith(b"HTTP/1.1 200 "[: len(received)]):
            raise CommandError(f"no response: {received[:100]!r}")
        if not whole(received):
            self._busy[connection] = due, received
            return
        del self._busy[connection]
        self._free.append(connection)
        self._times.append(now - due)

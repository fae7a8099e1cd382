"""Clients that occupy a proxy: `python -m bench.peers.flood idle|slow NUMBER PORT [PORT]`, until SIGTERM.

`idle` connections have had a response and rest; half of them are with TLS, at the second port. `slow` ones send a byte
of an endless head each second. One that the proxy ends is opened again. Once all are open, it prints how many; at the
end, how many it has opened.
"""

import contextlib
import itertools
import resource
import selectors
import signal
import socket
import ssl
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from bench.connecting import HOST, opened
from bench.measure import CommandError

SPARE: Final = 64
"""Open files besides the connections."""
PATIENCE: Final = 10.0
"""Seconds that an idle client waits for its response."""
BYTE: Final = 1.0
"""Seconds between the bytes of a slow client."""
AT_ONCE: Final = 32
"""Connections that are opened at a time."""
AHEAD: Final = 1000
"""Connections that wait to be opened at most."""
_HEAD: Final = b"GET / HTTP/1.1\r\nHost: shop.example.com\r\nX-Slow: "
_PAUSE: Final = 0.1


def allowed(number: int) -> int:
    """Raise the limit of open files for so many connections; return how many there can be."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number + SPARE
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
        return number
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(number, hard - SPARE)


class Flood:
    """The connections."""

    def __init__(self, kind: str, number: int, ports: list[int]) -> None:
        self._is_slow = kind == "slow"
        self._number = number
        self._ports = itertools.cycle(zip(ports, (False, True), strict=False))
        self._open: set[socket.socket] = set()
        self._opening: list[Future[socket.socket]] = []
        self._openers = ThreadPoolExecutor(AT_ONCE)
        self._selector = selectors.DefaultSelector()
        self._next_byte = 0.0
        self.opened = 0

    def step(self) -> bool:
        """Notice what was ended, open what is missing, send what is due; return whether all are open."""
        for key, _ in self._selector.select(_PAUSE):
            assert isinstance(key.fileobj, socket.socket)
            self._look(key.fileobj)
        self._add()
        if self._is_slow and time.monotonic() >= self._next_byte:
            self._next_byte = time.monotonic() + BYTE
            for connection in list(self._open):
                self._send(connection)
        return len(self._open) == self._number

    def __len__(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """End all."""
        self._openers.shutdown(cancel_futures=True)
        for connection in self._open:
            connection.close()

    def _add(self) -> None:
        """Take what was opened, and have as many opened as are missing."""
        done = [each for each in self._opening if each.done()]
        self._opening = [each for each in self._opening if not each.done()]
        for each in done:
            with contextlib.suppress(OSError, CommandError):
                connection = each.result()
                connection.setblocking(False)
                self._open.add(connection)
                self._selector.register(connection, selectors.EVENT_READ)
                self.opened += 1
        for _ in range(min(AHEAD, self._number - len(self._open)) - len(self._opening)):
            self._opening.append(self._openers.submit(self._connection, *next(self._ports)))

    def _connection(self, port: int, tls: bool) -> socket.socket:
        """Open a connection; runs in another thread."""
        if not self._is_slow:
            return opened(port, tls=tls, patience=PATIENCE)[0]
        connection = socket.create_connection((HOST, port), PATIENCE)
        connection.sendall(_HEAD)
        return connection

    def _look(self, connection: socket.socket) -> None:
        """Forget a connection that was ended; what comes before, such as a session ticket or a 408, is passed over."""
        try:
            ended = not connection.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            ended = True
        if ended:
            self._forget(connection)

    def _send(self, connection: socket.socket) -> None:
        try:
            connection.send(b"x")
        except BlockingIOError:
            return
        except OSError:
            self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        self._open.discard(connection)
        connection.close()


def main() -> None:
    """Keep the connections open until SIGTERM."""
    kind, number, *ports = sys.argv[1:]
    flood = Flood(kind, allowed(int(number)), list(map(int, ports)))
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    told = False
    while not ending.is_set():
        if flood.step() and not told:
            told = True
            print(f"{len(flood):,} open", flush=True)
    print(f"{flood.opened:,} opened", flush=True)
    flood.close()


if __name__ == "__main__":
    main()

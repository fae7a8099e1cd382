"""Servers behind the proxy that do what a script says, and keep every byte that they got."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from inline_proxy import PATIENCE

END: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = re.compile(rb"(?:^|\r\n)0\r\n(?:[^\r]+\r\n)*\r\n")


class Visit:
    """A connection to a server."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.received = b""
        self._rest = b""

    def more(self) -> bool:
        """Receive more; return whether there was any."""
        with suppress(OSError):
            data = self.socket.recv(1 << 16)
            self.received += data
            self._rest += data
            return bool(data)
        return False

    def head(self) -> bytes:
        """Return the head of the next request; nothing at the end."""
        while END not in self._rest:
            if not self.more():
                return b""
        head, _, self._rest = self._rest.partition(END)
        return head + END

    def body(self, head: bytes) -> bytes:
        """Return the body that belongs to a head, in chunks as it came."""
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if b"content-length" in fields:
            size = int(fields[b"content-length"])
            while len(self._rest) < size and self.more():
                pass
        elif b"transfer-encoding" in fields:
            while not (end := _LAST_CHUNK.search(self._rest)) and self.more():
                pass
            size = end.end() if end else len(self._rest)
        else:
            size = 0
        body, self._rest = self._rest[:size], self._rest[size:]
        return body

    def take(self, size: int) -> bytes:
        """Return the next bytes, whatever they mean."""
        while len(self._rest) < size and self.more():
            pass
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def send(self, *parts: bytes) -> None:
        with suppress(OSError):
            self.socket.sendall(b"".join(parts))

    def reset(self) -> None:
        """End the connection with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()


Script = Callable[[Visit], None]


class Origin:
    """A server that runs a script with each connection."""

    def __init__(
        self,
        script: Script,
        path: Path | None = None,
        address: tuple[str, int] = ("127.0.0.1", 0),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.script = script
        self._tls = tls
        self.visits: list[Visit] = []
        family = socket.AF_INET if path is None else socket.AF_UNIX
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(address if path is None else str(path))
        self.listener.listen(512)
        name = self.listener.getsockname()
        self.url = f"127.0.0.1:{name[1]}" if path is None else f"unix:{path}"
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    @property
    def received(self) -> bytes:
        """Return all bytes of all connections."""
        return b"".join(visit.received for visit in self.visits)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            visit = Visit(sock)
            self.visits.append(visit)
            thread = threading.Thread(target=self._visited, args=(visit,))
            self.threads.append(thread)
            thread.start()

    def _visited(self, visit: Visit) -> None:
        try:
            if self._tls is not None:
                visit.socket = self._tls.wrap_socket(visit.socket, server_side=True)
            self.script(visit)
        except OSError:
            pass  # the proxy went away, or did not like the certificate
        finally:
            visit.socket.close()

    def close(self) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for visit in self.visits:
            with suppress(OSError):
                visit.socket.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(PATIENCE)


@contextmanager
def origin(script: Script, path: Path | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Origin]:
    """Run a server with a script."""
    server = Origin(script, path, tls=tls)
    try:
        yield server
    finally:
        server.close()


def reply(body: bytes, status: bytes = b"200 OK", *fields: bytes) -> bytes:
    """Build a response with a length."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *fields]
    return b"\r\n".join(lines) + END + body


def echo(visit: Visit) -> None:
    """Answer each request with its own bytes."""
    while head := visit.head():
        visit.send(reply(head + visit.body(head)))


def hello(visit: Visit) -> None:
    """Answer each request in one word."""
    while head := visit.head():
        visit.body(head)
        visit.send(reply(b"hello"))


def always(response: bytes, *, closes: bool = False) -> Script:
    """Answer each request with the same bytes."""

    def script(visit: Visit) -> None:
        while head := visit.head():
            visit.body(head)
            visit.send(response)
            if closes:
                return

    return script

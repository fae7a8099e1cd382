"""Clients that send what no library would, over HTTP/1 and HTTP/2."""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from struct import pack, unpack
from typing import Final, NamedTuple

from hpack import Decoder, Encoder
from http2_wire import (
    ACKNOWLEDGED,
    ACKNOWLEDGEMENT,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    data,
    frame,
    settings,
)  # fmt: skip
from inline_proxy import PATIENCE

HEAD: Final = b"Host: shop.example\r\n"


@contextmanager
def connected(port: int, tls: ssl.SSLContext | None = None, name: str = "shop.example") -> Iterator[socket.socket]:
    """Connect, and perhaps begin TLS."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
        if tls is None:
            yield plain
            return
        with tls.wrap_socket(plain, server_hostname=name) as secured:
            yield secured


def everything(sock: socket.socket, seconds: float = PATIENCE) -> bytes:
    """Receive until the other side ends, or for so long."""
    received, until = b"", time.monotonic() + seconds
    with suppress(OSError):
        while (left := until - time.monotonic()) > 0:
            sock.settimeout(left)
            part = sock.recv(1 << 16)
            if not part:
                break
            received += part
    return received


def talk(port: int, *parts: bytes, seconds: float = PATIENCE, ends: bool = False, pause: float = 0.0) -> bytes:
    """Send parts, perhaps end that direction, and return all that comes back until the end."""
    with connected(port) as sock:
        for number, part in enumerate(parts):
            if number and pause:
                time.sleep(pause)
            with suppress(OSError):  # it may have been refused already
                sock.sendall(part)
        if ends:
            sock.shutdown(socket.SHUT_WR)
        return everything(sock, seconds)


def status(response: bytes) -> int:
    """Return the status of the first response; 0 if there is none."""
    words = response[:20].split(b" ")
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") else 0


def get(target: bytes = b"/", *fields: bytes, method: bytes = b"GET", body: bytes = b"", close: bool = True) -> bytes:
    """Build a request."""
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: shop.example", *fields]
    if close:
        lines.append(b"Connection: close")
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Reply(NamedTuple):
    """A response in parts."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes

    def field(self, name: str) -> str | None:
        return ", ".join(value for known, value in self.fields if known.lower() == name.lower()) or None


def next_reply(sock: socket.socket, method: str = "GET") -> Reply:
    """Read one response from a connection that stays open."""
    response = HTTPResponse(sock, method=method)
    try:
        response.begin()
        return Reply(response.status, response.getheaders(), response.read())
    finally:
        response.close()


def asked(port: int, request: bytes, method: str = "GET", tls: ssl.SSLContext | None = None) -> Reply:
    """Send a request, and return its response."""
    with connected(port, tls) as sock:
        sock.sendall(request)
        return next_reply(sock, method)


class Stream:
    """What came on a stream."""

    def __init__(self) -> None:
        self.heads: list[list[tuple[str, str]]] = []
        self.data = b""
        self.ended = False
        self.reset: int | None = None

    @property
    def status(self) -> int:
        """Return the status of the last head that has one; 0 if there is none."""
        found = [int(value) for head in self.heads for name, value in head if name == ":status"]
        return found[-1] if found else 0

    @property
    def trailers(self) -> dict[str, str]:
        last = dict(self.heads[-1]) if self.heads else {}
        return {} if ":status" in last else last


class Http2Client:
    """A connection of HTTP/2, with frames by hand."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.encoder, self.decoder = Encoder(), Decoder()
        self.streams: dict[int, Stream] = {}
        self.goaway: int | None = None
        self._rest = self._block = b""
        self.send(PREFACE, settings((4, 1 << 24)), frame(WINDOW_UPDATE, 0, 0, pack(">I", 1 << 24)))

    def send(self, *frames: bytes) -> None:
        with suppress(OSError):
            self.socket.sendall(b"".join(frames))

    def headers(self, stream: int, fields: Iterable[tuple[str, str]], *, end: bool) -> bytes:
        block = self.encoder.encode([*fields])
        return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block)

    def ask(
        self,
        stream: int,
        *fields: tuple[str, str],
        method: str = "GET",
        path: str = "/",
        body: bytes | None = None,
        trailers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Send a request."""
        pseudo = ((":method", method), (":scheme", "http"), (":authority", "shop.example"), (":path", path))
        trailing = [*trailers]
        self.send(self.headers(stream, (*pseudo, *fields), end=body is None and not trailing))
        if body is not None:
            self.send(data(stream, body, end=not trailing))
        if trailing:
            self.send(self.headers(stream, trailing, end=True))

    def message(self, stream: int, fields: Iterable[tuple[str, str]], body: bytes) -> None:
        """Send a request with exactly these fields, and a body, which may be empty."""
        self.send(self.headers(stream, fields, end=False), data(stream, body, end=True))

    def wait(self, *streams: int, seconds: float = PATIENCE) -> list[Stream]:
        """Read until these streams, or the connection, have ended."""
        until = time.monotonic() + seconds
        wanted = [self.streams.setdefault(number, Stream()) for number in streams]
        while not all(stream.ended or stream.reset is not None for stream in wanted) and time.monotonic() < until:
            if not self._read(until - time.monotonic()):
                break
        return wanted

    def _read(self, seconds: float) -> bool:
        self.socket.settimeout(max(0.01, seconds))
        try:
            part = self.socket.recv(1 << 16)
        except OSError:
            return False
        self._rest += part
        while len(self._rest) >= 9:
            size = int.from_bytes(self._rest[:3], "big")
            if len(self._rest) < 9 + size:
                break
            kind, flags, number = unpack(">BBI", self._rest[3:9])
            payload, self._rest = self._rest[9 : 9 + size], self._rest[9 + size :]
            self._take(kind, flags, number & 0x7FFFFFFF, payload)
        return bool(part)

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        stream = self.streams.setdefault(number, Stream())
        if kind in (HEADERS, CONTINUATION):
            self._block += payload
            if flags & END_HEADERS:
                decoded = self.decoder.decode(self._block, raw=True)
                stream.heads.append([(_text(name), _text(value)) for name, value in decoded])
                self._block = b""
        elif kind == DATA:
            stream.data += payload
        elif kind == RST_STREAM:
            stream.reset = int.from_bytes(payload, "big")
        elif kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        elif kind == SETTINGS and not flags & ACKNOWLEDGED:
            self.send(ACKNOWLEDGEMENT)
        elif kind == PING and not flags & ACKNOWLEDGED:
            self.send(frame(PING, ACKNOWLEDGED, 0, payload))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            stream.ended = True


@contextmanager
def http2(port: int, tls: ssl.SSLContext | None = None) -> Iterator[Http2Client]:
    """Connect with HTTP/2, in clear text without TLS."""
    with connected(port, tls) as sock:
        yield Http2Client(sock)


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode("latin-1")

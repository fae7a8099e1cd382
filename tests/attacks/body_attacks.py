"""Attacks on what travels inside HTTP/1: WebSockets, server-sent events, and the operations in bodies."""

from itertools import chain

from .attack import Attack, Packets
from .frames import CLIENT, SERVER, Line

ASKED = b"GET /events HTTP/1.1\r\nHost: example.com\r\n\r\n"
OPENING = (
    b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def websocket(number: int) -> tuple[Line, Packets]:
    """Return a connection and the packets that make it a WebSocket."""
    line = Line(number)
    return line, chain(line.hello(), line.send(CLIENT, OPENING), line.send(SERVER, SWITCHING))


def huge_frames(n: int) -> Packets:
    """Arithmetic: WebSocket frames of 2^63 - 1 bytes, and of 2^64 - 1, which is too long to be valid."""
    for number in range(n):
        line, opened = websocket(number)
        yield from opened
        size = b"\xff" if number % 2 else b"\x7f"
        yield from line.send(SERVER, b"\x82\x7f" + size + b"\xff" * 7 + b"b" * 1000)
        yield from line.bye()


def ping_flood(n: int) -> Packets:
    """The smallest WebSocket frames: pings without a payload, some of them not masked."""
    line, opened = websocket(0)
    yield from opened
    pings = b"\x89\x80mask" * 9 + b"\x89\0"
    for _ in range(n // 200):
        yield from line.send(CLIENT, pings * 20)


def open_websockets(n: int) -> Packets:
    """Memory per WebSocket: each is left with most of the longest reason and half a header."""
    for number in range(n):
        line, opened = websocket(number)
        yield from opened
        yield from line.send(SERVER, b"\x88\x7d\x03\xe8" + b"r" * 120)
        yield from line.send(CLIENT, b"\x82\xff" + b"\0" * 7)


def _event_stream() -> tuple[Line, Packets]:
    """Return a connection and the packets that start an event stream on it."""
    line = Line(0)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    return line, chain(line.hello(), line.send(CLIENT, ASKED), line.send(SERVER, head))


def endless_event(n: int) -> Packets:
    """The buffer of a server-sent event: a line of `n` bytes."""
    line, opened = _event_stream()
    yield from opened
    for _ in range(n // 1460):
        yield from line.send(SERVER, b"a" * 1460)


def event_flood(n: int) -> Packets:
    """The smallest server-sent events: `n` of them."""
    line, opened = _event_stream()
    yield from opened
    for _ in range(n // 200):
        yield from line.send(SERVER, b"data\n\n" * 200)


def nesting_bombs(n: int) -> Packets:
    """The search for operations: nesting, entities, escapes and unfinished tags; in one-byte segments too."""
    bombs = [
        (b"application/json", b"[" * 2000),
        (b"application/json", b'{"a":' * 400),
        (b"application/json", b'{"query":"' + b"\\" * 2000),
        (b"application/json", b'{"operationName":"A","query":"' + b"fragment A on B " * 60),
        (b"application/json", b"[" + b'{"jsonrpc":"2.0","method":"a"},' * 60),
        (b"text/xml", b"<Envelope>" * 200),
        (b"text/xml", b"<Envelope><Body " + b"a='<' " * 300),
        (b"text/xml", b"<!DOCTYPE a [" + b'<!ENTITY a "&b;&b;">' * 100),
        (b"text/xml", b"<!--" + b"-- >" * 300),
        (b"multipart/related; type=text/xml", b"--a" + b"\r\n--a" * 300),
    ]
    line = Line(0)
    yield from line.hello()
    for number in range(n):
        kind, bomb = bombs[number % len(bombs)]
        head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (kind, len(bomb))
        yield from line.send(CLIENT, head + bomb, size=60000 if number % 100 else 1)
        yield from line.send(SERVER, b"HTTP/1.1 204 No Content\r\n\r\n")


def different_operations(n: int) -> Packets:
    """The names that clients choose: every call has a method of its own, of the longest kind."""
    line = Line(0)
    yield from line.hello()
    for number in range(n):
        body = b'{"jsonrpc":"2.0","method":"%d%b"}' % (number, b"\xf0\x9f\x98\x80" * 200)
        head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        yield from line.send(CLIENT, head + body)
        yield from line.send(SERVER, b"HTTP/1.1 204 No Content\r\n\r\n")


BODY_ATTACKS = (
    Attack(huge_frames, 100_000, "WebSockets", ("bad WebSocket frame", "WebSocket"), core_only=True),
    Attack(ping_flood, 10_000_000, "pings", ("WebSocket client without mask",), core_only=True),
    Attack(open_websockets, 200_000, "WebSockets", (), ("evicted",)),
    Attack(endless_event, 2**30, "bytes", ()),
    Attack(event_flood, 10_000_000, "events", ()),
    Attack(nesting_bombs, 100_000, "requests", ()),
    Attack(different_operations, 100_000, "requests", ()),
)

"""What other parsers may understand differently is refused, and nothing of it reaches an upstream (RFC 9112)."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fronts import until
from inline_proxy import HAS_PROXY, STRANGERS, Inline, inline
from origins import Origin, hello, origin
from raw_clients import connected, everything, get, http2, next_reply, status
from smuggled import AMBIGUOUS, EVIL, chunked
from wire import Talk, decode

from capture.core import CORE

pytestmark = pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast")
UNNAMED = (b"0\r\nA : b", b"5;aaaa", b"0\r\nA: aaaa")
"""What only the proxy's own parser refuses."""
MALFORMED = "malformed request"


def cases() -> Iterator[Any]:
    """Yield each oddity with a request that has it."""
    for name, requests in AMBIGUOUS.items():
        for number, request in enumerate(requests):
            yield pytest.param(name, request, id=f"{name} {number}")


def short() -> list[tuple[str, bytes]]:
    """Return the same requests, without those that cannot be sent byte by byte in time."""
    every = [(name, request) for name, requests in AMBIGUOUS.items() for request in requests]
    return [(name, request) for name, request in every if len(request) < 1000]


@pytest.fixture(scope="module")
def server() -> Iterator[Origin]:
    with origin(hello) as running:
        yield running


@pytest.fixture
def proxy(server: Origin) -> Iterator[Inline]:
    """A proxy for each case: its upstream has no failures yet."""
    with inline(server.url, **STRANGERS) as running:
        yield running


def answers(sock: socket.socket) -> list[int]:
    """Return the statuses of all responses until the end."""
    parts = everything(sock, 2.0).split(b"HTTP/1.1 ")
    return [status(b"HTTP/1.1 " + part) for part in parts[1:]]


def test_every_oddity_that_is_refused_has_a_case() -> None:
    assert CORE is not None
    assert sorted(CORE.Proxy.ambiguous()) == sorted(AMBIGUOUS)


@pytest.mark.parametrize(("name", "request_bytes"), [*cases()])
def test_ambiguous_requests_are_refused(server: Origin, proxy: Inline, name: str, request_bytes: bytes) -> None:
    before = len(server.received)
    with connected(proxy.port) as sock:
        sock.sendall(request_bytes + EVIL)
        assert answers(sock) in ([400], [431])
    assert server.received[before:] == b""
    if any(part in request_bytes for part in UNNAMED):
        until(lambda: proxy.count("malformed requests") == 1, "counted")
        return
    until(lambda: proxy.count("refused requests") == 1, "told")
    [(cause, reason)] = proxy.causes()
    seen = decode(Talk().client(request_bytes + EVIL).close().frames).health.oddities
    assert name in seen or (not seen and reason == MALFORMED)
    assert (cause, reason in {*seen, MALFORMED}) == ("ambiguous", True), "it has the name that the monitor shows"


@pytest.mark.parametrize(("name", "request_bytes"), short())
def test_what_comes_byte_by_byte_is_never_completed(
    server: Origin, proxy: Inline, name: str, request_bytes: bytes
) -> None:
    before = len(server.received)
    with connected(proxy.port) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for place in range(len(request_bytes)):
                sock.send(request_bytes[place : place + 1])
            sock.sendall(EVIL)
        except OSError:
            pass  # it was ended already
        statuses = answers(sock)
    passed = server.received[before:]
    assert statuses in ([400], [502], []), "200 would mean that it went through"
    assert b"evil" not in passed
    assert not passed.endswith(b"0\r\n\r\n")


def test_what_is_allowed_passes(server: Origin) -> None:
    name, request = "repeated Content-Length", AMBIGUOUS["repeated Content-Length"][0]
    with inline(server.url, proxy_allowed_oddities=(name,)) as proxy, connected(proxy.port) as sock:
        sock.sendall(request)
        assert next_reply(sock).status == 200
        assert proxy.causes() == []
    with inline(server.url, proxy_allowed_oddities=("multiple Host fields",)) as proxy, connected(proxy.port) as sock:
        sock.sendall(request)
        assert next_reply(sock).status == 400


def test_what_comes_before_it_is_answered(server: Origin, proxy: Inline) -> None:
    with connected(proxy.port) as sock:
        sock.sendall(get(b"/fine", close=False))
        assert next_reply(sock).status == 200
        sock.sendall(AMBIGUOUS["repeated Content-Length"][0])
        assert answers(sock) == [400]


@pytest.mark.parametrize("rest", [b"zz\r\n", b"0\r\nA : b\r\n\r\n", b""])
def test_a_broken_body_is_no_failure_of_the_upstream(server: Origin, proxy: Inline, rest: bytes) -> None:
    for _ in range(3):
        with connected(proxy.port) as sock:
            sock.sendall(chunked(b"5\r\nhello\r\n"))
            time.sleep(0.05)
            sock.sendall(rest)
            if not rest:
                continue  # the client goes away
            assert answers(sock) == [400]
    time.sleep(0.1)
    [(_, up, _, _, errors)] = proxy.core.upstreams()
    assert (up, errors, proxy.count("upstream errors")) == (True, 0, 0)


def test_a_body_that_turns_ambiguous_is_named(server: Origin, proxy: Inline) -> None:
    with connected(proxy.port) as sock:
        sock.sendall(chunked(b"5\r\nhello\r\n"))
        time.sleep(0.05)
        sock.sendall(b"05\r\nhello\r\n0\r\n\r\n")
        assert answers(sock) == [400]
    assert proxy.causes() == [("ambiguous", "leading zeros in a chunk size")]


def from_port(proxy: Inline, port: int, request: bytes) -> int:
    """Send a request from a port, and free that port at once."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.bind(("127.0.0.1", port))
        sock.connect(("127.0.0.1", proxy.port))
        sock.sendall(request)
        return next_reply(sock).status


@pytest.fixture
def own_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_a_client_cannot_hide_a_request_by_using_its_port_again(proxy: Inline, own_port: int) -> None:
    assert from_port(proxy, own_port, get(b"/" + b"a" * 500, close=False)) == 200
    assert from_port(proxy, own_port, AMBIGUOUS["repeated Content-Length"][0]) == 400


def test_a_client_may_use_its_port_again(proxy: Inline, own_port: int) -> None:
    assert [from_port(proxy, own_port, get(b"/" + b"a" * size, close=False)) for size in (1, 90, 3)] == [200] * 3


PSEUDO = {":method": "POST", ":scheme": "http", ":authority": "shop.example", ":path": "/first"}
HTTP2 = {
    "CRLF in a value": ({}, [("a", "b\r\nevil: 1")], b""),
    "LF in a value": ({}, [("a", "b\nevil: 1")], b""),
    "NUL in a value": ({}, [("a", "b\0c")], b""),
    "CRLF in a name": ({}, [("a\r\nb", "c")], b""),
    "colon in a name": ({}, [("a: b", "c")], b""),
    "space in a name": ({}, [("a b", "c")], b""),
    "upper case in a name": ({}, [("Abc", "c")], b""),
    "transfer-encoding": ({}, [("transfer-encoding", "chunked")], b"0\r\n\r\n" + EVIL),
    "te": ({}, [("te", "gzip")], b""),
    "connection": ({}, [("connection", "close")], b""),
    "upgrade": ({}, [("upgrade", "websocket")], b""),
    "content-length too long": ({}, [("content-length", "30")], b"hello"),
    "bad content-length": ({}, [("content-length", "+5")], b"hello"),
    "conflicting content-length": ({}, [("content-length", "5"), ("content-length", "0")], b"hello"),
    "space in the path": ({":path": "/a b"}, [], b""),
    "CRLF in the path": ({":path": "/a HTTP/1.1\r\nHost: x\r\n\r\nGET /evil"}, [], b""),
    "empty path": ({":path": ""}, [], b""),
    "absolute path": ({":path": "http://evil.example/x"}, [], b""),
    "CRLF in the method": ({":method": "GET /evil HTTP/1.1\r\nA: b"}, [], b""),
    "space in the method": ({":method": "GET /evil"}, [], b""),
    "CRLF in the authority": ({":authority": "a\r\nb: c"}, [], b""),
    "slash in the authority": ({":authority": "shop.example/evil"}, [], b""),
    "CRLF in the scheme": ({":scheme": "http\r\na: b"}, [], b""),
    "two paths": ({}, [(":path", "/evil")], b""),
    "pseudo-field after others": ({}, [("a", "b"), (":path", "/evil")], b""),
    "unknown pseudo-field": ({}, [(":evil", "1")], b""),
}


@pytest.mark.parametrize(("pseudo", "fields", "body"), HTTP2.values(), ids=HTTP2)
def test_malformed_requests_of_http_2_are_refused(
    server: Origin, proxy: Inline, pseudo: dict[str, str], fields: list[tuple[str, str]], body: bytes
) -> None:
    before = len(server.received)
    with http2(proxy.port) as client:
        client.message(1, [*{**PSEUDO, **pseudo}.items(), *fields], body)
        [stream] = client.wait(1)
        assert stream.status in (0, 400)
        assert stream.reset is not None or client.goaway is not None or stream.status == 400
    assert server.received[before:] == b""


def test_a_body_longer_than_its_length_ends_there(server: Origin, proxy: Inline) -> None:
    before = len(server.received)
    with http2(proxy.port) as client:
        client.message(1, [*PSEUDO.items(), ("content-length", "3")], b"abc" + EVIL)
        [stream] = client.wait(1)
        assert stream.reset is not None
    assert b"evil" not in server.received[before:]

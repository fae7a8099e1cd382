"""Clients that are slow, silent or many: others are served meanwhile, and all of it is counted."""

import socket
import time
from collections.abc import Iterator

import pytest
from fronts import until
from inline_proxy import HAS_PROXY, Inline, inline
from origins import Origin, Visit, echo, origin
from raw_clients import asked, connected, everything, get, http2, next_reply, status, talk

pytestmark = pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast")
SLOW_CLIENTS = 300


@pytest.fixture(scope="module")
def server() -> Iterator[Origin]:
    with origin(echo) as running:
        yield running


def opened(proxy: Inline, number: int, first: bytes = b"") -> list[socket.socket]:
    """Open connections that send this much and no more."""
    sockets = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(number)]
    for sock in sockets:
        sock.sendall(first)
    until(lambda: proxy.count("open connections") == number, "open")
    return sockets


def end_all(sockets: list[socket.socket]) -> list[bytes]:
    """Return what each got until its end."""
    received = [everything(sock) for sock in sockets]
    for sock in sockets:
        sock.close()
    return received


def test_others_are_served_while_many_send_their_heads_slowly(server: Origin) -> None:
    with inline(server.url, proxy_head_timeout=1.0) as proxy:
        sockets = opened(proxy, SLOW_CLIENTS, b"GET / HTTP/1.1\r\nHost: a\r\n")
        begun = time.monotonic()
        assert asked(proxy.port, get()).status == 200
        assert time.monotonic() - begun < 0.5
        for _ in range(5):  # a byte now and then does not help
            for sock in sockets:
                sock.sendall(b"A")
            time.sleep(0.1)
        end_all(sockets)
        assert time.monotonic() - begun < 4
        assert proxy.count("late request heads") == SLOW_CLIENTS


@pytest.mark.parametrize("first", [b"", b"G", b"PRI * HTTP", b"\r\n"])
def test_a_silent_client_is_ended(server: Origin, first: bytes) -> None:
    with inline(server.url, proxy_head_timeout=0.5) as proxy:
        begun = time.monotonic()
        end_all(opened(proxy, 1, first))
        assert time.monotonic() - begun < 3
        until(lambda: proxy.count("late request heads") == 1, "counted")


def test_a_slow_second_request_is_ended_too(server: Origin) -> None:
    with inline(server.url, proxy_head_timeout=0.5) as proxy, connected(proxy.port) as sock:
        sock.sendall(get(close=False))
        next_reply(sock)
        sock.sendall(b"GET / HT")
        assert everything(sock) == b""
        assert proxy.count("late request heads") == 1


def test_a_client_that_asks_nothing_more_is_ended(server: Origin) -> None:
    with inline(server.url, proxy_idle_timeout=0.5) as proxy:
        with connected(proxy.port) as sock:
            sock.sendall(get(close=False))
            next_reply(sock)
            begun = time.monotonic()
            assert everything(sock) == b""
            assert 0.3 < time.monotonic() - begun < 3
        with http2(proxy.port) as client:
            client.ask(1)
            client.wait(1)
            begun = time.monotonic()
            client.wait(3)
            assert 0.3 < time.monotonic() - begun < 3
            assert client.goaway == 0
        assert proxy.count("late request heads") == 0


def test_a_body_that_stalls_is_given_up(server: Origin) -> None:
    with inline(server.url, proxy_stall_timeout=0.4) as proxy:
        response = talk(proxy.port, get(b"/", b"Content-Length: 100", method=b"POST") + b"abc")
        assert status(response) == 408
        assert (proxy.count("late request bodies"), proxy.count("upstream errors")) == (1, 0)


def test_a_client_that_takes_nothing_is_ended() -> None:
    def script(visit: Visit) -> None:
        visit.head()
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", b"x" * 100_000_000)

    with origin(script) as big, inline(big.url, proxy_stall_timeout=0.5) as proxy, connected(proxy.port) as sock:
        sock.sendall(get())
        until(lambda: proxy.count("clients that took no response") == 1, "counted")
        assert proxy.core.upstreams()[0][2] == 0, "the upstream need not go on"


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\n", get(close=False)])
def test_a_full_proxy_ends_whoever_waited_longest(server: Origin, first: bytes) -> None:
    with inline(server.url, proxy_connections=10) as proxy:
        oldest = opened(proxy, 1, first)
        time.sleep(0.05)
        others = opened_more(proxy, 9, first)
        assert asked(proxy.port, get()).status == 200
        everything(oldest[0])
        for sock in others:
            sock.setblocking(False)
        ended = [sock for sock in others if is_ended(sock)]
        assert ended == []
        assert proxy.count("connections turned away") == 1
        for sock in oldest + others:
            sock.close()


def opened_more(proxy: Inline, number: int, first: bytes) -> list[socket.socket]:
    sockets = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(number)]
    for sock in sockets:
        sock.sendall(first)
    until(lambda: proxy.count("open connections") == number + 1, "open")
    return sockets


def is_ended(sock: socket.socket) -> bool:
    """Return whether the other side has ended the connection, after what it sent."""
    try:
        while sock.recv(1 << 16):
            pass
    except BlockingIOError:
        return False
    return True


def test_a_full_proxy_of_several_threads_serves_newcomers(server: Origin) -> None:
    with inline(server.url, proxy_connections=10, proxy_threads=16) as proxy:
        sockets = opened(proxy, 10, b"GET / HTTP/1.1\r\n")
        statuses = [status(talk(proxy.port, get())) for _ in range(30)]
        for sock in sockets:
            sock.close()
        assert statuses == [200] * 30


def test_busy_connections_are_not_ended_for_others() -> None:
    def script(visit: Visit) -> None:
        visit.head()
        time.sleep(0.5)
        visit.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    with origin(script) as slow, inline(slow.url, proxy_connections=3) as proxy:
        sockets = opened(proxy, 3, get())
        assert talk(proxy.port, get()) == b""
        assert [status(received) for received in end_all(sockets)] == [204] * 3


def test_a_client_that_asks_too_much_is_told_to_wait(server: Origin) -> None:
    with inline(server.url, proxy_client_rate=0.5, proxy_client_burst=3) as proxy:
        replies = [asked(proxy.port, get()) for _ in range(5)]
        assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
        assert replies[-1].field("retry-after") is not None
        assert proxy.causes() == [("limit", "more requests than one client may make")] * 2


def test_a_client_may_have_so_many_connections(server: Origin) -> None:
    with inline(server.url, proxy_client_connections=3) as proxy:
        sockets = opened(proxy, 3)
        assert talk(proxy.port, get()) == b""
        sockets.pop().close()
        until(lambda: proxy.count("open connections") == 2, "closed")
        assert asked(proxy.port, get()).status == 200
        for sock in sockets:
            sock.close()

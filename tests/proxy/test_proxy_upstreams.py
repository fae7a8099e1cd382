"""Upstreams that are down, slow, broken or gone, and the ways to them."""

import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from certificates_made import AUTHORITY, issued
from fronts import free_port, until
from inline_proxy import HAS_PROXY, PATIENCE, STRANGERS, Inline, inline
from origins import Origin, Visit, always, echo, hello, origin, reply
from programs import NGHTTPD, nghttpd
from raw_clients import asked, connected, everything, get, http2, status, talk

pytestmark = pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast")
CUTS = {
    "in a body": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello",
    "in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhello",
    "between chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
}
BROKEN = {
    "another protocol": b"SSH-2.0-OpenSSH\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "nothing": b"",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello",
    "a folded line": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n c\r\n\r\nhello",
}


def standing(proxy: Inline) -> list[tuple[bool, int]]:
    """Return of each upstream whether it is up, and its errors."""
    return [(up, errors) for _, up, _, _, errors in proxy.core.upstreams()]


@pytest.mark.parametrize("response", CUTS.values(), ids=CUTS)
def test_a_response_that_is_cut_is_cut_for_the_client_too(response: bytes) -> None:
    with origin(always(response, closes=True)) as server, inline(server.url) as proxy:
        received = talk(proxy.port, get())
        assert b"hello" in received
        assert b"\r\n0\r\n\r\n" not in received
        with http2(proxy.port) as client:
            client.ask(1)
            [stream] = client.wait(1)
            assert (stream.data[:5], stream.ended, stream.reset) == (b"hello", False, 2)
        until(lambda: proxy.count("responses cut short") == 2, "counted")


@pytest.mark.parametrize("response", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_what_is_no_response_is_answered_with_502(response: bytes, method: bytes) -> None:
    with origin(always(response, closes=True)) as server, inline(server.url) as proxy:
        assert asked(proxy.port, get(method=method)).status == 502
        assert server.received.count(method + b" / HTTP/1.1") == 1
        assert standing(proxy) == [(True, 1)]


def test_what_is_no_response_counts_as_an_error_of_the_upstream() -> None:
    with origin(always(BROKEN["another protocol"], closes=True)) as server, inline(server.url) as proxy:
        asked(proxy.port, get())
        assert (proxy.count("upstream errors"), proxy.count("requests without an upstream")) == (1, 0)


def test_an_upstream_that_refuses_connections_is_down_after_three_requests() -> None:
    with inline(f"127.0.0.1:{free_port()}") as proxy:
        assert [asked(proxy.port, get()).status for _ in range(3)] == [502] * 3
        assert standing(proxy) == [(False, 3)]


def test_an_upstream_that_takes_no_connections_is_given_up() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        with inline(f"127.0.0.1:{full.getsockname()[1]}", proxy_connect_timeout=0.3) as proxy:
            begun = time.monotonic()
            assert asked(proxy.port, get()).status == 502
            assert time.monotonic() - begun < 2
        for filler in fillers:
            filler.close()


def test_a_slow_upstream_is_answered_for_with_504() -> None:
    def script(visit: Visit) -> None:
        while visit.head():
            time.sleep(1)

    with origin(script) as server, inline(server.url, proxy_response_timeout=0.3) as proxy:
        begun = time.monotonic()
        assert asked(proxy.port, get()).status == 504
        assert 0.2 < time.monotonic() - begun < 1
        assert proxy.count("upstream timeouts") == 1


def test_a_response_that_stalls_is_cut() -> None:
    def script(visit: Visit) -> None:
        visit.head()
        visit.send(CUTS["in a body"])
        time.sleep(1)

    with origin(script) as server, inline(server.url, proxy_response_timeout=0.3) as proxy:
        begun = time.monotonic()
        assert talk(proxy.port, get()).endswith(b"hello")
        assert time.monotonic() - begun < 1
        assert (proxy.count("upstream timeouts"), proxy.count("responses cut short")) == (1, 1)


def test_a_long_upload_does_not_time_out_while_it_goes_on() -> None:
    with origin(echo) as server, inline(server.url, proxy_response_timeout=0.5) as proxy:
        parts = [b"x" * 10] * 6
        response = talk(proxy.port, get(b"/", b"Content-Length: 60", method=b"POST"), *parts, pause=0.15)
    assert status(response) == 200


def once(visit: Visit) -> None:
    """Answer, and end the connection without saying so."""
    if head := visit.head():
        visit.body(head)
        visit.send(reply(b"one"))


def resets(visit: Visit) -> None:
    """Answer the first request, and reset the connection at the second one."""
    visit.body(visit.head())
    visit.send(reply(b"one"))
    visit.head()
    visit.reset()


def test_connections_that_wait_may_end_without_harm() -> None:
    def after_a_while(request: bytes) -> int:
        time.sleep(0.02)  # or the request might cross the end, and a POST must not be sent twice then
        return asked(proxy.port, request).status

    with origin(once) as server, inline(server.url) as proxy:
        requests = [get(method=method, body=b"x" * (method == b"POST")) for method in (b"GET", b"POST") * 20]
        assert [after_a_while(request) for request in requests] == [200] * 40
        assert [asked(proxy.port, get()).status for _ in range(40)] == [200] * 40, "a GET may be sent again"
        assert standing(proxy) == [(True, 0)]


def test_a_request_that_is_safe_to_repeat_is_sent_again() -> None:
    with origin(resets) as server, inline(server.url) as proxy:
        assert [asked(proxy.port, get()).status for _ in range(6)] == [200] * 6
        assert (proxy.count("retries"), standing(proxy)) == (5, [(True, 0)])


def test_a_request_that_is_not_is_never_sent_twice() -> None:
    with origin(resets) as server, inline(server.url) as proxy:
        statuses = [asked(proxy.port, get(method=b"POST", body=b"order %d" % number)).status for number in range(4)]
        assert statuses == [200, 502, 200, 502]
        assert [server.received.count(b"order %d" % number) for number in range(4)] == [1] * 4


def test_a_client_that_goes_away_ends_the_request_behind() -> None:
    gone = threading.Event()

    def script(visit: Visit) -> None:
        visit.head()
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        try:
            while True:
                visit.socket.sendall(b"x" * 100_000)
        except OSError:
            gone.set()

    with origin(script) as server, inline(server.url) as proxy:
        with connected(proxy.port) as sock:
            sock.sendall(get())
            sock.recv(100)
        assert gone.wait(5)
        assert standing(proxy) == [(True, 0)]


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_no_client_notices_that_one_of_two_is_down(method: bytes) -> None:
    down = free_port()
    with origin(hello) as server, inline(f"127.0.0.1:{down}", server.url, proxy_check_pause=0.2) as proxy:
        request = get(method=method, body=b"x" * (method == b"POST"))
        assert [asked(proxy.port, request).status for _ in range(20)] == [200] * 20
        until(lambda: not standing(proxy)[0][0], "known to be down")
        second = Origin(hello, address=("127.0.0.1", down))
        try:
            until(lambda: standing(proxy)[0][0], "known to be back")
            assert [asked(proxy.port, request).status for _ in range(4)] == [200] * 4
            assert b" / HTTP/1.1" in second.received
        finally:
            second.close()


def test_checks_ask_for_a_path_and_take_5xx_for_down() -> None:
    def script(visit: Visit) -> None:
        while head := visit.head():
            visit.send(reply(b"", b"503 No" if b"/well" in head else b"200 OK"))

    with origin(script) as server, inline(server.url, proxy_check_pause=0.1, proxy_check_path="/well") as proxy:
        until(lambda: not standing(proxy)[0][0], "known to be down")
        assert b"GET /well HTTP/1.1\r\nHost: 127.0.0.1:" in server.received
        assert asked(proxy.port, get()).status == 200, "there is no other one"


def test_a_check_begins_with_a_header_of_its_own_if_upstreams_expect_one() -> None:
    """Such an upstream takes a connection without a PROXY header for broken: LOCAL says that no client is behind it."""
    local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
    begun: list[bytes] = []

    def script(visit: Visit) -> None:
        visit.more()
        begun.append(visit.received[: len(local)])
        visit.send(reply(b"well"))

    with (
        origin(script) as server,
        inline(server.url, proxy_check_pause=0.1, proxy_check_path="/well", proxy_send_header=True) as proxy,
    ):
        until(lambda: len(begun) > 3, "checks")
        assert proxy.core.upstreams()[0][1:] == (True, 0, 0, 0)
    assert set(begun) == {local}


def test_the_health_path_tells_whether_upstreams_are_up() -> None:
    with inline(f"127.0.0.1:{free_port()}", proxy_health_path="/proxy-health") as proxy:
        well = asked(proxy.port, get(b"/proxy-health"))
        for _ in range(3):
            asked(proxy.port, get())
        ill = asked(proxy.port, get(b"/proxy-health"))
    assert (well.status, well.body) == (200, b"1 of 1 upstreams are up\n")
    assert (ill.status, ill.body) == (503, b"0 of 1 upstreams are up\n")


def test_a_local_socket(tmp_path: Path) -> None:
    with origin(echo, tmp_path / "web") as server, inline(server.url) as proxy:
        assert [asked(proxy.port, get(b"/%d" % number)).status for number in range(3)] == [200] * 3
        assert len(server.visits) == 1


def test_ipv6_on_both_sides() -> None:
    with (
        origin(echo) as server,
        inline(server.url, host="[::1]") as behind,
        inline(f"http://[::1]:{behind.port}", host="[::1]") as proxy,
    ):
        client = HTTPConnection("::1", proxy.port, timeout=PATIENCE)
        client.request("GET", "/")
        response = client.getresponse()
        assert (response.status, "x-forwarded-for: ::1, ::1" in response.read().decode().lower()) == (200, True)
        client.close()


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """A server with TLS, whose certificate is for 127.0.0.1."""
    with origin(echo, tls=issued("127.0.0.1").server(tmp_path_factory.mktemp("secure"))) as server:
        yield server


def test_a_verified_upstream(secure: Origin) -> None:
    with inline(f"https://{secure.url}", authorities=AUTHORITY) as proxy:
        assert asked(proxy.port, get(b"/", b"X-Forwarded-Proto: https")).status == 200


def test_an_upstream_whose_certificate_is_not_trusted_gets_nothing(secure: Origin) -> None:
    before = len(secure.received)
    with inline(f"https://{secure.url}", authorities=issued("other", stranger=True).authority) as proxy:
        assert asked(proxy.port, get()).status == 502
    assert len(secure.received) == before
    with inline(f"https://{secure.url}", authorities=None) as proxy:
        assert asked(proxy.port, get()).status == 200


@pytest.mark.skipif(NGHTTPD is None, reason="not installed: nghttpd")
def test_http_2_behind(tmp_path: Path) -> None:
    (tmp_path / "hello").write_text("hello\n")
    with nghttpd(tmp_path) as port, inline(f"h2c://127.0.0.1:{port}") as proxy:
        replies = [asked(proxy.port, get(b"/hello")) for _ in range(5)]
        with http2(proxy.port) as client:
            for number in (1, 3, 5):
                client.ask(number, path="/hello")
            streams = client.wait(1, 3, 5)
    assert {(reply.status, reply.body) for reply in replies} == {(200, b"hello\n")}
    assert {(stream.status, stream.data) for stream in streams} == {(200, b"hello\n")}


@pytest.mark.skipif(NGHTTPD is None, reason="not installed: nghttpd")
def test_http_2_over_tls_behind(tmp_path: Path) -> None:
    (tmp_path / "hello").write_text("hello\n")
    certificate = issued("127.0.0.1").write(tmp_path)
    with (
        nghttpd(tmp_path, certificate=certificate) as port,
        inline(f"h2://127.0.0.1:{port}", authorities=AUTHORITY) as proxy,
    ):
        replies = [asked(proxy.port, get(b"/hello")) for _ in range(5)]
    assert {(reply.status, reply.body) for reply in replies} == {(200, b"hello\n")}


@pytest.mark.skipif(NGHTTPD is None, reason="not installed: nghttpd")
def test_trailers_pass_from_http_2_to_http_2_as_grpc_needs(tmp_path: Path) -> None:
    (tmp_path / "call").write_text("hello\n")
    with nghttpd(tmp_path, "--trailer=grpc-status: 0") as port, inline(f"h2c://127.0.0.1:{port}") as proxy:
        with http2(proxy.port) as client:
            client.ask(1, ("te", "trailers"), method="POST", path="/call", body=b"\0\0\0\0\0", trailers=[("x-t", "1")])
            [stream] = client.wait(1)
        assert (stream.status, stream.data, stream.trailers) == (200, b"hello\n", {"grpc-status": "0"})


def test_the_client_is_told_by_the_proxy_protocol() -> None:
    headers: list[bytes] = []

    def script(visit: Visit) -> None:
        headers.append(visit.take(28))
        echo(visit)

    with origin(script) as server, inline(server.url, proxy_send_header=True) as proxy:
        for _ in range(2):
            with connected(proxy.port) as sock:
                sock.sendall(get())
                everything(sock)
                here, there = sock.getsockname()[1], proxy.port
            assert headers[-1][:12] == b"\r\n\r\n\0\r\nQUIT\n"
            ports = here.to_bytes(2, "big") + there.to_bytes(2, "big")
            assert headers[-1][12:] == b"\x21\x11\0\x0c\x7f\0\0\1\x7f\0\0\1" + ports
    assert len(headers) == 2


V1 = b"PROXY TCP4 203.0.113.7 192.0.2.1 %d 443\r\n"
V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\xc0\0\2\1\x15\xb4\1\xbb"
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (V1 % 5555, b"203.0.113.7"), (V2, b"203.0.113.7"), (LOCAL, b"127.0.0.1"), (b"PROXY UNKNOWN\r\n", b"127.0.0.1"),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 5555 443\r\n", b"2001:db8::7"),
    ],
)  # fmt: skip
def test_a_trusted_proxy_names_the_client_by_the_proxy_protocol(header: bytes, client: bytes) -> None:
    with origin(echo) as server, inline(server.url, proxy_expect_header=True, trusted_proxies=("127.0.0.1",)) as proxy:
        head = talk(proxy.port, header + get())
        assert b"x-forwarded-for: " + client in head.lower()


@pytest.mark.parametrize("header", [b"", b"PROXY x\r\n", b"PROXY TCP4 1.2.3.4\r\n", V2[:-1], b"P" * 200])
def test_a_bad_proxy_header_ends_the_connection(header: bytes) -> None:
    with origin(echo) as server, inline(server.url, proxy_expect_header=True, trusted_proxies=("127.0.0.1",)) as proxy:
        assert talk(proxy.port, header, ends=True) == b""
        until(lambda: proxy.count("bad PROXY headers") == 1, "counted")
        assert server.visits == []


def test_a_stranger_cannot_name_the_client_by_the_proxy_protocol() -> None:
    with origin(echo) as server, inline(server.url, proxy_expect_header=True, **STRANGERS) as proxy:
        assert talk(proxy.port, V1 % 5555 + get()) == b""
        assert proxy.count("bad PROXY headers") == 1

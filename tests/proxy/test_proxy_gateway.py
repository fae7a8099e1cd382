"""What RFC 9110 and RFC 9112 ask of a gateway: fields, framing, methods, and the order of responses over HTTP/1."""

import time
from collections.abc import Iterator

import pytest
from inline_proxy import HAS_PROXY, STRANGERS, Inline, inline
from origins import Origin, Visit, always, echo, hello, origin, reply
from raw_clients import asked, connected, get, next_reply, status, talk

pytestmark = pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast")
CHUNKED = b"Transfer-Encoding: chunked"
TRAILING = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"


@pytest.fixture(scope="module")
def mirror() -> Iterator[Origin]:
    with origin(echo) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(mirror: Origin) -> Iterator[Inline]:
    with inline(mirror.url, **STRANGERS) as running:
        yield running


def passed(proxy: Inline, request: bytes) -> list[bytes]:
    """Return the lines of the head that the upstream got."""
    return asked(proxy.port, request).body.split(b"\r\n\r\n")[0].split(b"\r\n")


def values(lines: list[bytes], name: bytes) -> list[bytes]:
    fields = [line.split(b": ", 1) for line in lines[1:]]
    return [value for known, value in fields if known.lower() == name]


@pytest.mark.parametrize(
    "field",
    [
        b"Keep-Alive: 5", b"Proxy-Connection: keep-alive", b"TE: gzip", b"HTTP2-Settings: AA", b"X-Named: 1",
        b"Proxy-Authorization: Basic eDp5", b"Upgrade: foo",
    ],
)  # fmt: skip
def test_fields_of_one_connection_are_not_passed_on(proxy: Inline, field: bytes) -> None:
    lines = passed(proxy, get(b"/", b"Connection: x-named, keep-alive", field, b"X-Other: 2"))
    assert values(lines, field.split(b":")[0].lower()) == values(lines, b"connection") == []
    assert values(lines, b"x-other") == [b"2"]


@pytest.mark.parametrize("name", [b"Host", b"Content-Type", b"Authorization", b"Cookie", b"X-Forwarded-For"])
def test_connection_cannot_take_away_what_makes_a_request(proxy: Inline, name: bytes) -> None:
    lines = passed(proxy, get(b"/", b"Connection: " + name, b"Authorization: a", b"Content-Type: b", b"Cookie: c"))
    assert len(values(lines, name.lower())) == 1


def test_trailers_are_asked_for_if_the_client_did(proxy: Inline) -> None:
    assert values(passed(proxy, get(b"/", b"TE: gzip, trailers")), b"te") == [b"trailers"]


def test_via_names_the_version_of_the_client(proxy: Inline) -> None:
    [first] = values(passed(proxy, get()), b"via")
    both = values(passed(proxy, get(b"/", b"Via: 1.0 other")), b"via")
    old = talk(proxy.port, b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    assert first.startswith(b"1.1 http-monitor-")
    assert both == [b"1.0 other", first]
    assert b"via: 1.0 http-monitor-" in old.lower()


def test_a_stranger_cannot_name_the_client(proxy: Inline) -> None:
    lines = passed(
        proxy,
        get(
            b"/", b"X-Forwarded-For: 9.9.9.9", b"X-Forwarded-Proto: https", b"X-Forwarded-Host: evil",
            b"Forwarded: for=9.9.9.9", b"Client-Cert: :evil:", b"Client-Cert-Chain: :evil:",
        ),
    )  # fmt: skip
    names = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded", b"client-cert")
    assert [values(lines, name) for name in names] == [[b"127.0.0.1"], [b"http"], [b"shop.example"], [], []]
    assert values(lines, b"client-cert-chain") == []


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("x-forwarded", ([b"9.9.9.9, 127.0.0.1"], [b"https"], [b"for=8.8.8.8"])),
        ("forwarded", ([b"9.9.9.9"], [b"https"], [b'for=8.8.8.8, for=127.0.0.1;proto=http;host="shop.example"'])),
        ("none", ([b"9.9.9.9"], [b"https"], [b"for=8.8.8.8"])),
    ],
)
def test_a_trusted_proxy_may_name_the_client(mirror: Origin, told: str, expected: object) -> None:
    with inline(mirror.url, trusted_proxies=("127.0.0.0/8",), proxy_forwarded=told) as proxy:
        fields = (b"X-Forwarded-For: 9.9.9.9", b"X-Forwarded-Proto: https", b"Forwarded: for=8.8.8.8")
        lines = passed(proxy, get(b"/", *fields))
    found = tuple(values(lines, name) for name in (b"x-forwarded-for", b"x-forwarded-proto", b"forwarded"))
    assert found == expected


def test_the_case_of_names_is_kept_and_repeated_fields_stay_in_order(proxy: Inline) -> None:
    lines = passed(proxy, get(b"/", b"x-LOWER: 1", b"X-Up: a", b"x-up: b", b"Cookie: c", b"Cookie: d"))
    kept = [line for line in lines if line[:1] in b"xXC" and not line.lower().startswith(b"x-f")]
    assert sorted(kept) == [b"Cookie: c", b"Cookie: d", b"X-Up: a", b"x-LOWER: 1", b"x-up: b"]
    assert values(lines, b"x-up") == [b"a", b"b"]


def test_the_order_of_fields_is_kept(proxy: Inline) -> None:
    lines = passed(proxy, get(b"/", b"X-Forwarded-For: 1", b"Client-Cert: :a:", b"A: 1", b"B: 2", b"C: 3", b"D: 4"))
    assert [line for line in lines if line[:1] in b"ABCD" and line[1:2] == b":"] == [b"A: 1", b"B: 2", b"C: 3", b"D: 4"]


@pytest.mark.parametrize(
    ("request_line", "expected", "host"),
    [
        (b"GET http://shop.example/abs?q=1 HTTP/1.1", b"GET /abs?q=1 HTTP/1.1", b"shop.example"),
        (b"GET http://SHOP.example:80 HTTP/1.1", b"GET / HTTP/1.1", b"SHOP.example:80"),
        (b"OPTIONS * HTTP/1.1", b"OPTIONS * HTTP/1.1", b"shop.example"),
        (b"GET /a%20b//c/../d?x=%00&y=[1] HTTP/1.1", b"GET /a%20b//c/../d?x=%00&y=[1] HTTP/1.1", b"shop.example"),
        (b"BREW /pot HTTP/1.1", b"BREW /pot HTTP/1.1", b"shop.example"),
    ],
)
def test_targets_are_passed_on_as_they_are(proxy: Inline, request_line: bytes, expected: bytes, host: bytes) -> None:
    lines = passed(proxy, request_line + b"\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
    assert (lines[0], values(lines, b"host")) == (expected, [host])


@pytest.mark.parametrize(("size", "expected"), [(8_000, 200), (60_000, 200), (70_000, 414)])
def test_long_targets(proxy: Inline, size: int, expected: int) -> None:
    assert status(talk(proxy.port, get(b"/" + b"a" * size))) == expected


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT"])
def test_methods_for_hops_are_refused(mirror: Origin, proxy: Inline, method: bytes) -> None:
    before, target = len(mirror.received), b"shop.example:443" if method == b"CONNECT" else b"/"
    request = method + b" " + target + b" HTTP/1.1\r\nHost: shop.example:443\r\nConnection: close\r\n\r\n"
    assert asked(proxy.port, request).status == 405
    assert len(mirror.received) == before
    assert ("rule", f"the method {method.decode()} is not passed on") in proxy.causes()


def test_405_says_what_is_allowed(proxy: Inline) -> None:
    assert asked(proxy.port, get(method=b"TRACE")).field("allow") is not None


def test_http_1_1_without_host_is_refused(proxy: Inline) -> None:
    assert status(talk(proxy.port, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")) == 400


def test_http_1_0_without_host_gets_one(proxy: Inline) -> None:
    assert b"host: " in talk(proxy.port, b"GET / HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")[2].lower()


def test_http_1_0_ends_after_its_response(proxy: Inline) -> None:
    response = talk(proxy.port, b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    assert response.startswith(b"HTTP/1.0 200 OK\r\n")


def test_http_1_0_may_keep_its_connection(proxy: Inline) -> None:
    with connected(proxy.port) as sock:
        for _ in range(2):
            sock.sendall(b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
            assert next_reply(sock).field("connection") == "keep-alive"


def test_chunks_are_not_for_http_1_0() -> None:
    with origin(always(TRAILING)) as server, inline(server.url, **STRANGERS) as proxy:
        response = talk(proxy.port, b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    assert b"chunked" not in response.lower()
    assert response.endswith(b"\r\n\r\nhello")


def test_chunks_and_trailers_pass_both_ways(proxy: Inline) -> None:
    request = get(b"/", CHUNKED, b"Trailer: X-T", method=b"POST") + b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n"
    got = asked(proxy.port, request).body
    body = got.partition(b"\r\n\r\n")[2]
    assert b"transfer-encoding: chunked" in got.lower()
    assert body.replace(b"3\r\nabc\r\n2\r\nde\r\n", b"5\r\nabcde\r\n") == b"5\r\nabcde\r\n0\r\nx-t: 1\r\n\r\n"
    with origin(always(TRAILING)) as server, inline(server.url, **STRANGERS) as other:
        response = talk(other.port, get(b"/", b"TE: trailers", b"Connection: TE"))
    assert response.endswith(b"5\r\nhello\r\n0\r\nx-t: 1\r\n\r\n")


@pytest.mark.parametrize(
    ("response", "method"),
    [
        (b"HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n", b"GET"),
        (b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n', b"GET"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"HEAD"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"HEAD"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\n", b"HEAD"),
    ],
)
def test_responses_without_a_body_stay_so(response: bytes, method: bytes) -> None:
    with origin(always(response)) as server, inline(server.url, **STRANGERS) as proxy, connected(proxy.port) as sock:
        for _ in range(2):  # the next one is found where the one before ended
            sock.sendall(get(method=method, close=False))
            assert next_reply(sock, method.decode()).status == status(response)
        assert len(server.visits) == 1


def test_the_length_of_a_head_response_is_that_of_the_upstream() -> None:
    with origin(always(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")) as server, inline(server.url) as proxy:
        assert asked(proxy.port, get(method=b"HEAD"), "HEAD").field("content-length") == "5"


def test_a_body_until_the_end_of_a_connection_is_whole() -> None:
    with origin(always(b"HTTP/1.1 200 OK\r\n\r\nhello", closes=True)) as server, inline(server.url) as proxy:
        assert asked(proxy.port, get()).body == b"hello"


def test_fields_of_responses_pass_but_for_those_of_the_connection() -> None:
    made = reply(
        b"hello", b"299 My Reason", b"Connection: X-Hop", b"X-Hop: 1", b"Keep-Alive: timeout=5",
        b"Proxy-Authenticate: x", b"Set-Cookie: a", b"X-MiXed: caf\xe9", b"Set-Cookie: b",
    )  # fmt: skip
    with origin(always(made)) as server, inline(server.url) as proxy:
        response = talk(proxy.port, get())
    assert response.startswith(b"HTTP/1.1 299 My Reason\r\n")
    assert b"X-MiXed: caf\xe9\r\n" in response
    assert (response.count(b"Set-Cookie"), b"hop" in response.lower(), b"eep-" in response) == (2, False, False)


def test_pipelined_requests_are_answered_in_order(proxy: Inline) -> None:
    requests = [get(b"/%d" % number, close=number == 19) for number in range(20)]
    response = talk(proxy.port, b"".join(requests))
    places = [response.index(b"GET /%d HTTP" % number) for number in range(20)]
    assert places == sorted(places)


def test_a_slow_answer_does_not_let_a_later_one_pass_it() -> None:
    def script(visit: Visit) -> None:
        while head := visit.head():
            if b"/slow" in head:
                time.sleep(0.3)
            visit.send(reply(head))

    with origin(script) as server, inline(server.url) as proxy:
        response = talk(proxy.port, get(b"/slow", close=False) + get(b"/fast"))
    assert response.index(b"/slow") < response.index(b"/fast")


def test_a_client_may_end_its_side_after_its_request() -> None:
    def script(visit: Visit) -> None:
        visit.head()
        time.sleep(0.3)
        visit.send(reply(b"late"))

    with origin(script) as server, inline(server.url) as proxy:
        assert talk(proxy.port, get(), ends=True).endswith(b"late")


def test_a_body_is_asked_for_before_it_comes(proxy: Inline) -> None:
    with connected(proxy.port) as sock:
        sock.sendall(get(b"/", b"Expect: 100-continue", b"Content-Length: 5", method=b"POST"))
        assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"hello")
        lines = next_reply(sock).body
    assert lines.endswith(b"\r\n\r\nhello")
    assert b"expect" not in lines.lower()


def test_a_response_may_come_before_the_body_is_complete() -> None:
    def script(visit: Visit) -> None:
        visit.head()
        visit.send(reply(b"enough", b"413 Content Too Large"))
        while visit.more():
            pass

    with origin(script) as server, inline(server.url) as proxy, connected(proxy.port) as sock:
        sock.sendall(get(b"/", b"Content-Length: 1000000", method=b"POST") + b"x" * 1000)
        assert next_reply(sock).status == 413
    assert proxy.count("upstream errors") == 0


def test_a_request_that_comes_back_is_refused(mirror: Origin, proxy: Inline) -> None:
    [via] = values(passed(proxy, get()), b"via")
    before = len(mirror.received)
    assert asked(proxy.port, get(b"/", b"Via: 1.0 a, " + via)).status == 508
    assert len(mirror.received) == before


SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\n"
UPGRADE = (b"Upgrade: foo", b"Connection: upgrade")


def test_a_switch_of_protocols_must_be_allowed() -> None:
    with origin(always(SWITCH)) as server, inline(server.url) as proxy:
        assert asked(proxy.port, get(b"/", *UPGRADE)).status == 403
        assert ("rule", "the upgrade to foo is not passed on") in proxy.causes()
        assert server.received == b""
        assert asked(proxy.port, get()).status == 502, "nobody asked for it"


def test_after_an_allowed_switch_bytes_pass_both_ways() -> None:
    def script(visit: Visit) -> None:
        assert b"upgrade: foo" in visit.head().lower()
        visit.send(SWITCH, b"first")
        while visit.more():
            visit.send(visit.received[-4:].upper())

    with origin(script) as server, inline(server.url, proxy_upgrades=("foo",)) as proxy, connected(proxy.port) as sock:
        sock.sendall(get(b"/", *UPGRADE, close=False))
        received = b""
        while not received.endswith(b"first"):
            received += sock.recv(1000)
        sock.sendall(b"ping")
        assert (status(received), sock.recv(4)) == (101, b"PING")
        assert proxy.count("upgrades") == 1


def test_an_upgrade_to_h2c_is_not_passed_on() -> None:
    fields = (b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__", b"Connection: Upgrade, HTTP2-Settings")
    with origin(echo) as server, inline(server.url) as proxy:
        assert b"pgrade" not in asked(proxy.port, get(b"/", *fields)).body
    switch = SWITCH.replace(b"foo", b"h2c")
    with origin(always(switch)) as server, inline(server.url) as proxy:
        assert asked(proxy.port, get(b"/", *fields)).status == 502


def test_an_upstream_may_ignore_an_upgrade() -> None:
    with origin(hello) as server, inline(server.url) as proxy:
        assert asked(proxy.port, get(b"/", b"Upgrade: websocket", b"Connection: upgrade", close=False)).body == b"hello"


@pytest.mark.parametrize("length", [3, 500])
def test_in_a_response_the_transfer_coding_overrides_the_length(length: int) -> None:
    made = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    with origin(always(made % length)) as server, inline(server.url) as proxy:
        response = asked(proxy.port, get())
    assert response.status == 502 or response.body == b"hello"


@pytest.mark.parametrize(("fields", "status"), [(90, 200), (150, 502)])
def test_a_message_may_have_100_fields(fields: int, status: int) -> None:
    answer = reply(b"hello", b"200 OK", *[b"Set-Cookie: a"] * fields)
    with origin(always(answer)) as server, inline(server.url) as proxy:
        assert asked(proxy.port, get()).status == status


def test_bytes_after_a_response_go_to_nobody() -> None:
    with origin(always(reply(b"hello") + reply(b"evil"))) as server, inline(server.url) as proxy:
        answers = [talk(proxy.port, get(b"/%d" % number)) for number in range(5)]
    assert [answer.endswith(b"\r\n\r\nhello") for answer in answers] == [True] * 5

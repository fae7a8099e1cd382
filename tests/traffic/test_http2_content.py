"""Heads and bodies of HTTP/2, which are kept as HTTP/1 would write them."""

import pytest
from http2_wire import HEADERS, Http2Talk, data, frame, reset
from test_content import NOT_KEPT, said, told
from wire import CLIENT, SERVER

from traffic.content import Content
from traffic.limits import Limits

ASKED = b"POST /pay?a=b HTTP/2\r\nhost: Shop.example:8443\r\nx-one: 1\r\nx-two: 2\r\nx-one: 3\r\n\r\n"
FIELDS = [("x-one", "1"), ("x-two", "2"), ("x-one", "3")]


def contents(talk: Http2Talk, limits: Limits | None = None, *protocols: str) -> list[Content]:
    records, _ = told(talk.frames, limits, "http2", *protocols)
    return [record for record in records if isinstance(record, Content)]


def paid(stream: int = 1) -> Http2Talk:
    return Http2Talk().request(
        stream, "/pay?a=b", method="POST", host="Shop.example:8443", fields=FIELDS, body=b"money"
    )


@pytest.mark.parametrize("size", [1, 10, 1460])
def test_heads_are_written_as_in_http1(size: int) -> None:
    talk = Http2Talk()
    head = [(":method", "POST"), (":scheme", "https"), (":path", "/pay?a=b"), (":authority", "Shop.example:8443")]
    talk.send(CLIENT, talk.headers(CLIENT, 1, [*head, *FIELDS]), data(1, b"mon"), data(1, b"ey", end=True), size=size)
    talk.send(SERVER, talk.headers(SERVER, 1, [(":status", "103"), ("link", "a")]), size=size)
    answer = [talk.headers(SERVER, 1, [(":status", "200"), ("content-type", "text/plain")])]
    answer += [data(1, b"tha"), data(1, b"nks"), talk.headers(SERVER, 1, [("checked", "yes")], end=True)]
    talk.send(SERVER, *answer, size=size)
    (content,) = contents(talk)
    assert said(content) == (ASKED, b"money", b"HTTP/2 200\r\ncontent-type: text/plain\r\n\r\n", b"thanks")
    assert (content.request_bytes, content.response_bytes, content.missing_bytes) == (5, 6, 0)
    assert (content.host, content.path) == ("shop.example", "/pay")


def test_interleaved_streams_have_contents_of_their_own() -> None:
    talk = Http2Talk()
    for stream in (1, 3):
        talk.request(stream, f"/{stream}", method="POST", body=b"")
    for part in (b"a", b"b"):
        for stream in (1, 3):
            talk.send(CLIENT, data(stream, part + b"%d" % stream, end=part == b"b"))
    talk.response(3, body=b"three").response(1, body=b"one")
    found = {content.path: (content.request_body, content.response_body) for content in contents(talk)}
    assert found == {"/3": (b"a3b3", b"three"), "/1": (b"a1b1", b"one")}


def test_padding_is_no_content() -> None:
    talk = paid().send(SERVER).send(SERVER, frame(HEADERS, 4, 1, Http2Talk().block(SERVER, [(":status", "200")])))
    talk.send(SERVER, frame(0, 8 | 1, 1, b"\x04" + b"text" + bytes(4)))
    (content,) = contents(talk)
    assert content.response_body == b"text"


def test_a_line_break_in_a_value_starts_no_other_field() -> None:
    talk = Http2Talk().request(1, "/a\r\nb", fields=[("x", "1\r\nSet-Cookie: a\0")]).response(1)
    (content,) = contents(talk)
    assert content.request_head == b"GET /a  b HTTP/2\r\nhost: example.com\r\nx: 1  Set-Cookie: a \r\n\r\n"


def test_nothing_is_kept_after_lost_frames() -> None:
    talk = paid()
    talk.send(SERVER, talk.headers(SERVER, 1, [(":status", "200")]), data(1, b"before"))
    talk.send(SERVER, data(1, b"lost"), lost=True).send(SERVER, data(1, b"after")).talk.wait(5)
    talk.send(SERVER, data(1, b"end", end=True)).close()
    (content,) = contents(talk)
    assert (content.request_body, content.response_body) == (b"money", b"before")


def test_bodies_are_cut_and_unanswered_requests_are_told() -> None:
    (content,) = contents(paid().send(CLIENT, reset(1)).close(), Limits(inspected_body=3))
    assert (content.request_head, content.request_body, content.request_bytes) == (ASKED, b"mon", 5)
    assert (content.response_head, content.response_bytes) == (b"", 0)


@pytest.mark.parametrize("protocols", [(), ("websocket",)])
def test_of_a_websocket_only_the_heads_are_kept(protocols: tuple[str, ...]) -> None:
    talk = Http2Talk()
    head = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/chat")]
    talk.send(CLIENT, talk.headers(CLIENT, 1, [*head, (":authority", "a.example"), ("origin", "b")]))
    talk.send(SERVER, talk.headers(SERVER, 1, [(":status", "200")]))
    talk.send(CLIENT, data(1, b"\x81\x82aaaahi")).send(SERVER, data(1, b"\x81\x02ho")).close()
    (content,) = contents(talk, None, *protocols)
    asked = b"CONNECT /chat HTTP/2\r\nhost: a.example\r\norigin: b\r\n\r\n"
    assert said(content) == (asked, b"", b"HTTP/2 200\r\n\r\n", b"")
    assert (content.request_bytes, content.response_bytes, content.missing_bytes) == (0, 0, 0)


def test_a_tunnel_that_is_refused_has_a_body() -> None:
    talk = Http2Talk()
    talk.send(CLIENT, talk.headers(CLIENT, 1, [(":method", "CONNECT"), (":authority", "a.example:443")]))
    (content,) = contents(talk.response(1, 403, body=b"no").close())
    asked = b"CONNECT a.example:443 HTTP/2\r\nhost: a.example:443\r\n\r\n"
    assert said(content) == (asked, b"", b"HTTP/2 403\r\n\r\n", b"no")


def test_streams_share_the_limits() -> None:
    talk = Http2Talk()
    for stream in range(1, 200, 2):
        talk.request(stream, "/" + "p" * 900)
    records, health = told(talk.frames, Limits(total_buffer=400_000), "http2")
    assert 0 < sum(isinstance(record, Content) for record in records) < 100
    assert (health.oddities[NOT_KEPT] > 0, health.exchanges) == (True, 100)

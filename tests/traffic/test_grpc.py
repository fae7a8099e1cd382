"""gRPC over HTTP/2: calls, their messages and their status, and gRPC-Web, which has its trailers in the body."""

from base64 import b64encode

import pytest
from http2_wire import Fields, Http2Talk, data, decode2, message, reset
from wire import CLIENT, SERVER, Talk

from traffic.records import Exchange

GRPC = [("content-type", "application/grpc+proto"), ("te", "trailers")]


def call(talk: Http2Talk, *messages: bytes, fields: Fields = GRPC, stream: int = 1) -> Http2Talk:
    return talk.request(stream, "/shop.Cart/Add", method="POST", fields=fields, body=b"".join(messages))


def head(talk: Http2Talk, fields: Fields = GRPC) -> bytes:
    return talk.headers(SERVER, 1, [(":status", "200"), *fields])


def trailers(talk: Http2Talk, status: int = 0) -> bytes:
    return talk.headers(SERVER, 1, [("grpc-status", str(status)), ("grpc-message", "not%20there")], end=True)


def only(talk: Http2Talk) -> Exchange:
    (exchange,) = decode2(talk).exchanges
    return exchange


def test_a_call_names_its_method_and_its_status() -> None:
    talk = call(Http2Talk(), message(b"book"))
    exchange = only(talk.send(SERVER, head(talk), data(1, message(b"added")), trailers(talk, 5)).close())
    assert (exchange.protocol, exchange.operation, exchange.grpc_status) == ("grpc", "shop.Cart/Add", 5)
    assert (exchange.status, exchange.request_messages, exchange.response_messages) == (200, 1, 1)
    assert (exchange.request_bytes, exchange.response_bytes) == (9, 10)


def test_a_response_may_be_trailers_only() -> None:
    talk = call(Http2Talk(), message(b"book"))
    fields = [(":status", "200"), *GRPC, ("grpc-status", "12"), ("grpc-message", "unknown")]
    exchange = only(talk.send(SERVER, talk.headers(SERVER, 1, fields, end=True)))
    assert (exchange.grpc_status, exchange.response_messages) == (12, 0)
    assert exchange.response_time == pytest.approx(0.001)


def test_the_response_time_of_a_call_ends_with_the_trailers() -> None:
    talk = call(Http2Talk(), message(b"book"))
    talk.send(SERVER, head(talk)).talk.wait(1)
    talk.send(SERVER, data(1, message(b"added"))).talk.wait(1)
    exchange = only(talk.send(SERVER, trailers(talk)))
    assert exchange.first_message_time == pytest.approx(1.002)
    assert exchange.response_time == exchange.total_time == pytest.approx(2.003)


def test_the_response_time_of_a_stream_ends_with_its_first_message() -> None:
    talk = call(Http2Talk(), message(b"book"), message(b"pen", compressed=True))
    talk.send(SERVER, head(talk))
    for _ in range(3):
        talk.talk.wait(1)
        talk.send(SERVER, data(1, message(b"added")))
    talk.talk.wait(10)
    exchange = only(talk.send(SERVER, trailers(talk)))
    assert (exchange.request_messages, exchange.response_messages) == (2, 3)
    assert exchange.response_time == pytest.approx(1.002)
    assert exchange.total_time == pytest.approx(13.005)


def test_messages_may_be_split_anywhere() -> None:
    content = message(b"a" * 20) + message(b"") + message(b"b" * 7)
    for size in (1, 3, 10, 40):
        talk = call(Http2Talk(), content)
        parts = [data(1, content[start : start + size]) for start in range(0, len(content), size)]
        exchange = only(talk.send(SERVER, head(talk), *parts, trailers(talk), size=7))
        assert (exchange.request_messages, exchange.response_messages, exchange.grpc_status) == (3, 3, 0)


def test_a_cancelled_call_has_no_status() -> None:
    talk = call(Http2Talk(), message(b"book"))
    exchange = only(talk.send(SERVER, head(talk), data(1, message(b"added"))).send(CLIENT, reset(1)))
    assert (exchange.grpc_status, exchange.response_messages, exchange.ending) == (None, 1, "reset")
    assert exchange.oddities == ("RST_STREAM CANCEL",)


def test_a_call_on_a_connection_that_was_joined_late() -> None:
    talk = call(Http2Talk(Talk(handshake=False)), message(b"book"))
    talk.talk.segments.clear()
    talk.request(3, "/shop.Cart/Remove", method="POST", fields=GRPC, body=message(b"book"))
    exchange = only(talk.send(SERVER, talk.headers(SERVER, 3, [(":status", "200"), *GRPC])).send(
        SERVER, talk.headers(SERVER, 3, [("grpc-status", "0")], end=True)
    ))  # fmt: skip
    assert (exchange.protocol, exchange.operation, exchange.grpc_status) == ("grpc", "shop.Cart/Remove", 0)
    assert (exchange.request_messages, exchange.response_messages) == (0, 0)


@pytest.mark.parametrize("kind", ["application/grpc-web+proto", "application/grpc-web-text"])
def test_grpc_web_has_its_trailers_in_the_body(kind: str) -> None:
    fields = [("content-type", kind)]
    last = b"grpc-status: 7\r\ngrpc-message: no\r\n"
    body = message(b"added") + b"\x80" + len(last).to_bytes(4, "big") + last
    asked = message(b"book")
    if kind.endswith("text"):
        body, asked = b64encode(body), b64encode(asked)
    talk = call(Http2Talk(), asked, fields=fields)
    exchange = only(talk.send(SERVER, head(talk, fields), data(1, body[:9]), data(1, body[9:], end=True)))
    assert (exchange.protocol, exchange.operation, exchange.grpc_status) == ("grpc-web", "shop.Cart/Add", 7)
    assert (exchange.request_messages, exchange.response_messages) == (1, 1)

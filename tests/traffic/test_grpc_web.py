"""gRPC-Web over HTTP/1: messages each way, and the status in trailers that are part of the body."""

from base64 import b64encode

import pytest
from wire import Talk, chunked, decode_by_core, get, ok

from traffic.records import COMPLETE, Exchange

PATH = "/shop.Cart/Add"


def message(payload: bytes, flag: int = 0) -> bytes:
    """Build a message with its prefix."""
    return bytes([flag]) + len(payload).to_bytes(4, "big") + payload


TRAILERS = message(b"grpc-status: 7\r\ngrpc-message: no\r\n", 0x80)


def called(*parts: bytes, kind: str = "application/grpc-web+proto", size: int = 1460, wait: float = 0) -> Exchange:
    """Return the exchange of a call whose response has these parts, each sent after a while."""
    encode = b64encode if "text" in kind else bytes
    field = f"Content-Type: {kind}"
    talk = Talk(segment_size=size).client(get(PATH, field, method="POST", body=encode(message(b"book"))))
    talk.wait(0.5).server(f"HTTP/1.1 200 OK\r\n{field}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    for part in parts:
        talk.wait(wait).server(chunked([encode(part)])[:-5])
    (exchange,) = decode_by_core(talk.server(b"0\r\n\r\n").frames, "http2").exchanges
    return exchange


@pytest.mark.parametrize("kind", ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text"])
@pytest.mark.parametrize("size", [1, 7, 1460])
def test_a_call_has_its_operation_messages_and_status(kind: str, size: int) -> None:
    exchange = called(message(b"added") + TRAILERS, kind=kind, size=size)
    assert (exchange.protocol, exchange.operation, exchange.grpc_status) == ("grpc-web", "shop.Cart/Add", 7)
    assert (exchange.request_messages, exchange.response_messages) == (1, 1)
    assert (exchange.status, exchange.ending) == (200, COMPLETE)


def test_one_message_is_answered_by_the_trailers() -> None:
    exchange = called(message(b"added"), TRAILERS, wait=1)
    assert exchange.first_message_time == pytest.approx(1.5, abs=0.02)
    assert exchange.response_time == pytest.approx(2.5, abs=0.02)


def test_a_stream_is_answered_by_its_first_message() -> None:
    exchange = called(message(b"one"), message(b"two"), TRAILERS, wait=1)
    assert (exchange.response_messages, exchange.grpc_status) == (2, 7)
    assert exchange.response_time == exchange.first_message_time == pytest.approx(1.5, abs=0.02)


def test_the_status_may_be_in_the_head() -> None:
    field = "Content-Type: application/grpc-web"
    talk = Talk().client(get(PATH, field, method="POST", body=message(b"book")))
    (exchange,) = decode_by_core(talk.wait(1).server(ok(b"", field, "Grpc-Status: 12")).frames, "http2").exchanges
    assert (exchange.grpc_status, exchange.response_messages) == (12, 0)
    assert exchange.response_time == pytest.approx(1, abs=0.02)


def test_without_http2_it_is_an_ordinary_exchange() -> None:
    field = "Content-Type: application/grpc-web"
    talk = Talk().client(get(PATH, field, method="POST", body=message(b"book"))).server(ok(TRAILERS, field))
    (exchange,) = decode_by_core(talk.frames, "operations").exchanges
    assert (exchange.protocol, exchange.operation, exchange.grpc_status) == ("http/1.1", "", None)

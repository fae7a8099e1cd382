"""What travels inside HTTP/2: operations, server-sent events, and WebSockets (RFC 8441), on one connection."""

import pytest
from http2_wire import DATA, Http2Talk, data, frame
from websocket_frames import CLOSE, PING, asked, close
from websocket_frames import frame as socket_frame
from wire import CLIENT, SERVER, Decoded, decode_by_core

from traffic.records import CAPTURE_END, COMPLETE, Exchange

CALL = b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[]}'
SOCKET = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/chat")]


def heard(talk: Http2Talk, *protocols: str) -> Decoded:
    """Decode a talk with all that is inside."""
    return decode_by_core(talk.frames, "http2", *(protocols or ("operations", "websocket")))


def only(talk: Http2Talk) -> Exchange:
    """Return the one exchange of a talk."""
    decoded = heard(talk)
    assert decoded.held == 0
    (exchange,) = decoded.exchanges
    return exchange


def opened(talk: Http2Talk | None = None, *, status: str = "200") -> Http2Talk:
    """Open a WebSocket on stream 1."""
    talk = talk or Http2Talk()
    talk.send(CLIENT, talk.headers(CLIENT, 1, [*SOCKET, (":authority", "example.com")]))
    return talk.send(SERVER, talk.headers(SERVER, 1, [(":status", status)]))


@pytest.mark.parametrize("size", [1, 10, 1460])
def test_a_call_is_named(size: int) -> None:
    talk = Http2Talk()
    talk.request(1, "/api", method="POST", fields=[("content-type", "application/json")], body=b"")
    parts = [data(1, CALL[start : start + 9]) for start in range(0, len(CALL), 9)]
    talk.send(CLIENT, *parts, data(1, b"", end=True), size=size).response(1)
    exchange = only(talk)
    assert (exchange.protocol, exchange.operation, exchange.request_bytes) == ("h2", "eth_call", len(CALL))


@pytest.mark.parametrize(
    ("path", "method", "fields", "name"),
    [
        ("/graphql?query=query+A%7Ba%7D", "GET", [], "query A"),
        ("/soap", "POST", [("content-type", "text/xml"), ("soapaction", '"urn:shop#Buy"')], "urn:shop#Buy"),
        ("/soap", "POST", [("content-type", 'application/soap+xml; action="urn:Sell"')], "urn:Sell"),
        ("/api", "POST", [("content-type", "application/json"), ("content-encoding", "gzip")], ""),
        ("/", "GET", [], ""),
    ],
)
def test_the_head_may_name_it(path: str, method: str, fields: list[tuple[str, str]], name: str) -> None:
    assert only(Http2Talk().request(1, path, method=method, fields=fields).response(1)).operation == name


def test_streams_have_operations_of_their_own() -> None:
    talk = Http2Talk()
    for stream in (1, 3):
        talk.request(stream, "/api", method="POST", fields=[("content-type", "application/json")], body=b"")
    bodies = [CALL.replace(b"eth_call", b"call%d" % stream) for stream in (1, 3)]
    for half in range(2):
        for stream, body in zip((1, 3), bodies, strict=True):
            talk.send(CLIENT, data(stream, body[half * 30 : 30 + half * 99], end=half == 1))
    talk.response(3).response(1)
    assert [exchange.operation for exchange in heard(talk).exchanges] == ["call3", "call1"]


def test_events_are_counted() -> None:
    talk = Http2Talk().request(1, "/events").send(SERVER)
    talk.send(SERVER, talk.headers(SERVER, 1, [(":status", "200"), ("content-type", "text/event-stream")]))
    for part in (b": hello\n\n", b"data: o", b"ne\n\n", b"data: two\n\n"):
        talk.talk.wait(1)
        talk.send(SERVER, data(1, part))
    exchange = only(talk.send(SERVER, data(1, b"", end=True)))
    assert (exchange.response_messages, exchange.protocol, exchange.ending) == (2, "h2", COMPLETE)
    assert exchange.first_message_time == pytest.approx(3, abs=0.02)
    assert exchange.response_time == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("size", [1, 7, 1460])
def test_a_websocket_is_read_in_data(size: int) -> None:
    said = asked(b"hello") + asked(close(1000, b"bye"), CLOSE)
    answered = socket_frame(b"welcome") + socket_frame(b"", PING) + socket_frame(close(1000), CLOSE)
    talk = opened()
    talk.send(CLIENT, *(data(1, said[start : start + 5]) for start in range(0, len(said), 5)), size=size)
    talk.send(SERVER, data(1, answered), data(1, b"", end=True), size=size).send(CLIENT, data(1, b"", end=True))
    exchange = only(talk)
    assert (exchange.protocol, exchange.status, exchange.ending) == ("websocket", 200, COMPLETE)
    assert (exchange.request_messages, exchange.response_messages) == (1, 1)
    assert (exchange.request_bytes, exchange.response_bytes, exchange.control_frames) == (5, 7, 3)
    assert (exchange.close_code, exchange.close_reason) == (1000, "bye")
    assert (exchange.response_time, exchange.oddities) == (None, ())


def test_a_websocket_without_a_close_frame_has_its_code() -> None:
    talk = opened().send(SERVER, data(1, socket_frame(b"a"), end=True)).send(CLIENT, data(1, b"", end=True))
    assert only(talk).close_code == 1006
    exchange = only(opened().send(SERVER, data(1, socket_frame(b"a"))))
    assert (exchange.close_code, exchange.ending, exchange.response_messages) == (None, CAPTURE_END, 1)


def test_a_refused_websocket_is_none() -> None:
    talk = opened(status="403").send(SERVER, data(1, b"no", end=True)).send(CLIENT, data(1, b"", end=True))
    exchange = only(talk)
    assert (exchange.status, exchange.response_bytes, exchange.close_code) == (403, 2, None)


def test_padding_is_no_part_of_it() -> None:
    padded = frame(DATA, 0x8, 1, b"\3" + socket_frame(b"hello") + bytes(3))
    talk = opened().send(SERVER, padded, data(1, socket_frame(b"again"), end=True))
    exchange = only(talk.send(CLIENT, data(1, b"", end=True)))
    assert (exchange.response_messages, exchange.response_bytes) == (2, 10)


def test_bytes_lost_in_data_are_counted_once() -> None:
    body = socket_frame(b"x" * 3000)
    whole = data(1, body + socket_frame(b"next"), end=True)
    talk = opened().send(SERVER, whole[:1000]).send(SERVER, whole[1000:2000], lost=True).send(SERVER, whole[2000:])
    talk.talk.wait(2)
    exchange = only(talk.send(CLIENT, data(1, b"", end=True)))
    assert (exchange.response_messages, exchange.response_bytes, exchange.missing_bytes) == (2, 3004, 1000)


def test_only_the_chosen_protocols_are_read() -> None:
    talk = Http2Talk().request(1, "/graphql?query=query+A%7Ba%7D")
    talk.response(1, fields=[("content-type", "text/event-stream")], body=b"data: 1\n\n")
    (exchange,) = heard(talk, "websocket").exchanges
    assert (exchange.operation, exchange.response_messages) == ("", 0)
    (socket,) = heard(opened().send(SERVER, data(1, socket_frame(b"a"))), "operations").exchanges
    assert (socket.response_messages, socket.response_bytes) == (0, 3)

"""WebSockets (RFC 6455): one exchange each, from the request to the end, with messages and bytes of both sides."""

from random import Random

import pytest
from conversations import repeated, shuffled
from decoders import advanced, core_decoder, fed, finished
from websocket_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    accept,
    asked,
    chat,
    close,
    frame,
    opening,
    switching,
    upgraded,
)
from wire import CLIENT, SERVER, Decoded, Talk, decode_by_core, get, ok

from traffic.limits import Limits
from traffic.records import CAPTURE_END, CLOSED, COMPLETE, GAP, RESET, TIMEOUT, Exchange, Request


def heard(talk: Talk) -> Decoded:
    """Decode a talk with its WebSockets."""
    return decode_by_core(talk.frames, "websocket")


def only(talk: Talk) -> Exchange:
    """Return the one exchange of a talk."""
    (exchange,) = heard(talk).exchanges
    return exchange


def sizes(exchange: Exchange) -> tuple[int, int, int, int]:
    """Return messages of both sides, and bytes of both sides."""
    return exchange.request_messages, exchange.response_messages, exchange.request_bytes, exchange.response_bytes


def test_a_websocket_is_one_exchange() -> None:
    talk = chat()
    exchange = only(talk)
    assert exchange.request is not None
    assert (exchange.protocol, exchange.request.target, exchange.status) == ("websocket", "/chat", 101)
    assert sizes(exchange) == (1, 2, 5, 70_007)
    assert (exchange.close_code, exchange.close_reason) == (1000, "bye")
    assert (exchange.ending, exchange.oddities, exchange.missing_bytes) == (COMPLETE, (), 0)


def test_its_duration_is_no_response_time() -> None:
    talk = (
        upgraded().wait(1).server(frame(b"first")).wait(10).server(frame(close(1001), CLOSE)).client(asked(b"", CLOSE))
    )
    exchange = only(talk)
    assert exchange.response_time is None
    assert exchange.first_message_time == pytest.approx(1, abs=0.01)
    assert exchange.total_time == pytest.approx(11, abs=0.02)
    assert exchange.answered is not None


def test_the_request_is_told_at_once_and_the_exchange_at_the_end() -> None:
    talk, decoder = chat(), core_decoder("websocket")
    frames = talk.frames
    assert [type(record) for record in fed(decoder, frames[:6])] == [Request]
    assert [type(record) for record in fed(decoder, frames[6:])] == [Exchange]
    assert finished(decoder) == []


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_the_bytes_may_be_split_anywhere(size: int) -> None:
    assert heard(chat(size)).said == heard(chat()).said


@pytest.mark.parametrize("seed", range(20))
def test_segments_may_be_reordered_and_repeated(seed: int) -> None:
    chance, talk = Random(seed), chat(600)
    segments = shuffled(chance, repeated(chance, talk.segments), 3)
    assert decode_by_core(talk.as_captured(segments), "websocket").said == heard(talk).said


def test_without_the_protocol_http_ends_with_the_101() -> None:
    decoded = decode_by_core(chat().frames)
    assert (decoded.pairs, decoded.endings) == ([("/chat", 101)], [COMPLETE])
    assert (decoded.exchanges[0].protocol, decoded.health.unreadable) == ("http/1.1", {"WebSocket": 1})


def test_frames_may_come_with_the_101() -> None:
    talk = Talk().client(opening()).server(switching() + frame(b"at once")).close()
    assert sizes(only(talk)) == (0, 1, 0, 7)


def test_fragments_are_one_message_and_control_frames_none() -> None:
    talk = upgraded().server(frame(b"ab", last=False) + frame(b"?", PING) + frame(b"cd", CONTINUATION, last=False))
    talk.server(frame(b"ef", CONTINUATION)).close()
    assert sizes(only(talk)) == (0, 1, 0, 6)


@pytest.mark.parametrize(
    ("ends", "ending", "code"),
    [
        (lambda talk: talk.close(), CLOSED, 1006),
        (lambda talk: talk.reset(SERVER), RESET, 1006),
        (lambda talk: talk.server(frame(close(4000, b"kicked"), CLOSE)).close(), CLOSED, 4000),
        (lambda talk: talk.server(frame(b"", CLOSE)).client(asked(close(1000), CLOSE)), COMPLETE, 1005),
        (lambda talk: talk, CAPTURE_END, None),
    ],
)
def test_its_end_has_a_code(ends: object, ending: str, code: int | None) -> None:
    assert callable(ends)
    talk = upgraded().server(frame(b"hello"))
    ends(talk)
    exchange = only(talk)
    assert (exchange.ending, exchange.close_code) == (ending, code)
    assert (exchange.total_time is None) == (ending == CAPTURE_END)


def test_an_idle_websocket_ends_after_the_connection_timeout() -> None:
    decoder = core_decoder("websocket", limits=Limits(connection_timeout=60))
    talk = upgraded().server(frame(b"1")).wait(50).server(frame(b"2"))
    assert [type(record) for record in fed(decoder, talk.frames)] == [Request]
    assert advanced(decoder, talk.time + 55) == []
    (exchange,) = advanced(decoder, talk.time + 65)
    assert isinstance(exchange, Exchange)
    assert (exchange.ending, exchange.response_messages, exchange.close_code) == (TIMEOUT, 2, None)
    assert decoder.held == 0


# losses --------------------------------------------------------------------------------------------------------------


def test_a_segment_lost_inside_a_message_is_counted_by_its_size() -> None:
    message = frame(b"x" * 3000)
    talk = upgraded().server(message[:1000]).server(message[1000:2000], lost=True).server(message[2000:])
    talk.server(frame(b"next")).wait(2).client(asked(b"", CLOSE)).server(frame(close(1000), CLOSE))
    exchange = only(talk)
    assert (sizes(exchange), exchange.missing_bytes) == ((0, 2, 0, 3004), 1000)
    assert (exchange.ending, exchange.close_code) == (COMPLETE, 1005)


def test_after_a_lost_header_only_bytes_are_counted() -> None:
    talk = upgraded().server(frame(b"one")).server(frame(b"lost"), lost=True).server(frame(b"three"))
    talk.client(asked(b"from the client")).wait(2).close()
    exchange = only(talk)
    assert sizes(exchange) == (1, 1, 15, 3 + 6 + 7)
    assert (exchange.ending, exchange.missing_bytes, exchange.close_code, exchange.total_time) == (GAP, 6, None, None)


def test_a_lost_handshake_is_not_guessed() -> None:
    talk = Talk().client(opening()).server(switching(), lost=True).server(frame(b"hello")).client(asked(b"hi")).wait(2)
    decoded = heard(talk.close())
    assert (decoded.pairs, decoded.exchanges[0].protocol) == ([("/chat", None)], "http/1.1")


def test_the_key_proves_the_pair_after_a_loss() -> None:
    talk = Talk().client(get("/lost"), lost=True).server(ok(), lost=True).wait(2)
    talk.client(opening()).server(switching()).server(frame(b"hello")).client(asked(b"", CLOSE))
    decoded = heard(talk.server(frame(b"", CLOSE)).close())
    assert decoded.pairs == [("/chat", 101)]
    assert decoded.exchanges[0].protocol == "websocket"


# joined late ---------------------------------------------------------------------------------------------------------


def joined() -> Talk:
    """Return a connection whose start was not captured."""
    return Talk(handshake=False)


def test_frames_of_both_sides_prove_a_websocket_that_was_open_before() -> None:
    talk = joined()
    for number in range(10):
        talk.client(asked(b"ask %d" % number)).server(frame(b"answer %d" % number) + frame(b"", PING))
    talk.client(asked(close(1001, b"bye"), CLOSE)).server(frame(close(1001), CLOSE)).close()
    decoded = heard(talk)
    (exchange,) = decoded.exchanges
    assert (exchange.protocol, exchange.request, exchange.status) == ("websocket", None, None)
    assert (exchange.client_port, exchange.server_port) == (talk.client_port, talk.server_port)
    assert sizes(exchange) == (8, 8, 8 * 5, 8 * 8)
    assert (exchange.close_code, exchange.close_reason, exchange.ending) == (1001, "bye", COMPLETE)
    assert (exchange.oddities, exchange.total_time, decoded.held) == ((), None, 0)


def test_messages_in_several_segments_are_no_proof_but_do_not_disturb_it() -> None:
    talk = joined().server(frame(bytes(5000))[1000:])
    for number in range(6):
        talk.server(frame(b"%d" % number)).client(asked(b"%d" % number))
    assert sizes(only(talk.close())) == (4, 3, 4, 3)


@pytest.mark.parametrize(
    ("client", "server"),
    [
        (frame(b"a"), frame(b"b")),
        (asked(b"a"), asked(b"b")),
        (asked(b"a"), b"\0\0\0\0"),
        (asked(b"a") + b"!", frame(b"b")),
        (asked(b"a", 3), frame(b"b")),
        (asked(b"a", bits=0x20), frame(b"b")),
    ],
)
def test_anything_less_certain_is_no_websocket(client: bytes, server: bytes) -> None:
    talk = joined()
    for _ in range(20):
        talk.client(client).server(server)
    assert heard(talk.close()).exchanges == []


def test_other_bytes_are_no_websocket() -> None:
    chance = Random(1)
    talk = joined()
    for _ in range(5000):
        talk.client(chance.randbytes(chance.randint(2, 12))).server(chance.randbytes(chance.randint(2, 12)))
    assert heard(talk).exchanges == []


def test_joined_at_any_segment_no_message_is_invented() -> None:
    talk = upgraded()
    for number in range(8):
        talk.client(asked(b"%d" % number * 10)).server(frame(b"%d" % number * 2000))
    whole = only(talk.close())
    for start in range(4, len(talk.segments)):
        for exchange in decode_by_core(talk.as_captured(talk.segments[start:]), "websocket").exchanges:
            assert all(part <= all_of_it for part, all_of_it in zip(sizes(exchange), sizes(whole), strict=True))
            assert exchange.oddities == ()


# oddities ------------------------------------------------------------------------------------------------------------


def test_a_wrong_accept_is_odd_but_a_websocket() -> None:
    talk = upgraded(0, "Sec-WebSocket-Accept: wrong").server(frame(b"hello")).close()
    exchange = only(talk)
    assert (exchange.oddities, sizes(exchange)) == (("wrong Sec-WebSocket-Accept",), (0, 1, 0, 5))


@pytest.mark.parametrize(
    ("side", "octets", "oddity"),
    [
        (CLIENT, frame(b"a"), "WebSocket client without mask"),
        (SERVER, asked(b"a"), "WebSocket server with mask"),
        (SERVER, frame(b"a", last=False) + frame(b"b"), "WebSocket message within another"),
        (SERVER, frame(b"a", CONTINUATION) + frame(b"b"), "WebSocket fragment without a message"),
        (SERVER, frame(b"a") + frame(bytes(126), PING), "WebSocket control frame too long"),
        (SERVER, frame(b"a") + frame(b"", PING, last=False), "WebSocket control frame in fragments"),
        (SERVER, frame(b"a") + frame(close(1006), CLOSE), "bad WebSocket close"),
        (SERVER, frame(b"a") + frame(b"", CLOSE) + frame(b"b"), "bytes after a WebSocket close"),
        (SERVER, b"\x81\x7e\0\1a", "WebSocket length not minimal"),
    ],
)
def test_strange_frames_are_named(side: int, octets: bytes, oddity: str) -> None:
    decoded = heard(upgraded().say(side, octets).close())
    (exchange,) = decoded.exchanges
    assert (exchange.oddities, dict(decoded.health.oddities)) == ((oddity,), {oddity: 1})
    assert exchange.request_messages + exchange.response_messages == 1
    assert not +decoded.health.unreadable


@pytest.mark.parametrize(
    "octets", [frame(b"a", 3), frame(b"a", bits=0x40), b"SSH-2.0-OpenSSH\r\n", b"\x82\x7f" + b"\xff" * 8]
)
def test_what_is_in_no_frames_is_unreadable(octets: bytes) -> None:
    decoded = heard(upgraded().server(octets).server(frame(b"b")).close())
    (exchange,) = decoded.exchanges
    assert (exchange.oddities, exchange.response_messages) == (("bad WebSocket frame",), 0)
    assert decoded.health.unreadable == {"WebSocket": 1}


def test_compressed_messages_are_measured_as_sent() -> None:
    agreed = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"
    talk = upgraded(0, f"Sec-WebSocket-Accept: {accept()}", agreed)
    talk.server(frame(b"\xf2\x48", bits=0x40, last=False) + frame(b"\xcd\x07\0", CONTINUATION))
    exchange = only(talk.close())
    assert (sizes(exchange), exchange.oddities) == ((0, 1, 0, 5), ())


def test_a_reason_is_bounded_and_printable() -> None:
    reason = b"\x1b[31m" + "é".encode() * 59
    exchange = only(upgraded().server(frame(close(1000, reason), CLOSE)).close())
    assert exchange.close_reason == "\\x1b[31m" + "é" * 59


# what is kept --------------------------------------------------------------------------------------------------------


def test_open_websockets_use_none_of_the_buffer_for_lost_segments() -> None:
    decoder = core_decoder("websocket")
    for port in range(500):
        talk = Talk(client_port=1024 + port).client(opening()).server(switching())
        fed(decoder, talk.server(frame(close(1000, b"half of a reason"), CLOSE)[:9]).client(b"\x82").frames)
    assert decoder.held == 0
    assert len(finished(decoder)) == 500


def test_messages_of_every_size_are_counted() -> None:
    lengths = [0, 1, 125, 126, 127, 65535, 65536]
    talk = upgraded()
    for length in lengths:
        talk.server(frame(bytes(length), BINARY)).client(asked(bytes(length), TEXT))
    assert sizes(only(talk.close())) == (len(lengths), len(lengths), sum(lengths), sum(lengths))

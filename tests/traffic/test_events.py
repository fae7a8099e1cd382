"""Server-sent events: counted in bodies of any framing, with the time to the first one."""

import pytest
from wire import Decoded, Talk, chunked, decode_by_core, get

from traffic.records import CLOSED, COMPLETE, Exchange

STREAM = (
    b"\xef\xbb\xbf: hello\n\ndata: one\n\nevent: x\r\ndata: two\r\ndata: more\r\n\r\nid: 7\n\ndata\n\ndata: unfinished"
)
EVENTS = 3


def head(*fields: str, kind: str = "text/event-stream") -> bytes:
    """Build the head of a response."""
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {kind}", *fields]).encode() + b"\r\n\r\n"


def heard(talk: Talk) -> Decoded:
    """Decode a talk with its events."""
    return decode_by_core(talk.frames, "operations")


def only(talk: Talk) -> Exchange:
    """Return the one exchange of a talk."""
    (exchange,) = heard(talk).exchanges
    return exchange


def framed(framing: str, body: bytes = STREAM, kind: str = "text/event-stream", *fields: str) -> bytes:
    """Build a response whose body ends by its length, its last chunk, or the end of the connection."""
    if framing == "length":
        return head(f"Content-Length: {len(body)}", *fields, kind=kind) + body
    if framing == "chunked":
        parts = [body[start : start + 10] for start in range(0, len(body), 10)]
        return head("Transfer-Encoding: chunked", *fields, kind=kind) + chunked(parts)
    return head(*fields, kind=kind) + body


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("size", [1, 3, 1460])
def test_events_are_counted_however_the_body_is_framed_and_split(framing: str, size: int) -> None:
    talk = Talk(segment_size=size).client(get("/events")).server(framed(framing)).close()
    exchange = only(talk)
    assert (exchange.response_messages, exchange.response_bytes, exchange.ending) == (EVENTS, len(STREAM), COMPLETE)
    assert (exchange.protocol, exchange.request_messages) == ("http/1.1", 0)


def test_first_byte_first_event_and_end_have_times_of_their_own() -> None:
    talk = Talk().client(get()).wait(0.1).server(head("Transfer-Encoding: chunked"))
    for number in range(4):
        talk.wait(2).server(b"%x\r\ndata: %d\n\n\r\n" % (9, number))
    exchange = only(talk.server(b"0\r\n\r\n"))
    assert exchange.response_time == pytest.approx(0.1, abs=0.01)
    assert exchange.first_message_time == pytest.approx(2.1, abs=0.01)
    assert exchange.total_time == pytest.approx(8.1, abs=0.02)
    assert exchange.response_messages == 4


def test_a_long_poll_is_as_fast_as_its_first_byte() -> None:
    talk = Talk().client(get("/poll")).wait(0.05).server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").wait(30)
    exchange = only(talk.server(b"{}"))
    assert exchange.response_time == pytest.approx(0.05, abs=0.01)
    assert exchange.total_time == pytest.approx(30.05, abs=0.02)


def test_a_stream_that_is_broken_off_keeps_its_events() -> None:
    talk = Talk().client(get()).server(head("Transfer-Encoding: chunked") + b"9\r\ndata: 1\n\n\r\n").close()
    exchange = only(talk)
    assert (exchange.response_messages, exchange.ending, exchange.total_time) == (1, CLOSED, None)


def test_lost_bytes_end_no_count_and_hide_no_loss() -> None:
    events = [b"data: %d%b\n\n" % (number, b"x" * 100) for number in range(5)]
    talk = Talk().client(get()).server(head(f"Content-Length: {len(b''.join(events))}"))
    for number, event in enumerate(events):
        talk.server(event, lost=number == 2)
    exchange = only(talk.wait(2).close())
    assert (exchange.response_messages, exchange.missing_bytes) == (4, len(events[2]))


@pytest.mark.parametrize(
    ("kind", "field", "count"),
    [
        ("Text/Event-Stream; charset=utf-8", "X: y", EVENTS),
        ("text/event-stream", "Content-Encoding: identity", EVENTS),
        ("text/event-stream", "Content-Encoding: gzip", 0),
        ("text/plain", "X: y", 0),
        ("text/event-stream-not", "X: y", 0),
    ],
)
def test_only_plain_event_streams_are_read(kind: str, field: str, count: int) -> None:
    talk = Talk().client(get()).server(framed("length", STREAM, kind, field))
    assert only(talk).response_messages == count


def test_the_next_response_starts_at_zero() -> None:
    talk = Talk().client(get()).server(framed("chunked")).client(get("/2")).server(framed("length", b"data: 1\n\n"))
    assert [exchange.response_messages for exchange in heard(talk).exchanges] == [EVENTS, 1]


def test_without_operations_nothing_is_counted() -> None:
    (exchange,) = decode_by_core(Talk().client(get()).server(framed("length")).frames, "websocket").exchanges
    assert (exchange.response_messages, exchange.first_message_time) == (0, None)


def test_an_endless_line_takes_no_memory() -> None:
    talk = Talk().client(get()).server(head("Transfer-Encoding: chunked"))
    talk.server(b"f4240\r\ndata: " + b"x" * (1_000_000 - 8) + b"\n\n")
    decoded = heard(talk)
    assert (decoded.exchanges[0].response_messages, decoded.held) == (1, 0)

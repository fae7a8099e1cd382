"""Heads of which the capture has only the start: cut by the snap length, or continued in segments that it lacks."""

import pytest
from decoders import advanced, decoder, fed
from wire import CLIENT, SERVER, Talk, decode, get, ok

from traffic.frame import Frame
from traffic.limits import Limits
from traffic.records import CAPTURE_END, CLOSED, COMPLETE, EVICTED, GAP, RESET, TIMEOUT, Exchange

pytestmark = pytest.mark.usefixtures("each_decoder")

HEADERS = 14 + 20 + 20
"""Bytes of Ethernet, IP and TCP before the payload."""
FILLER = "X-Filler: " + "x" * 500
CUT = ("head cut short",)


def sliced(talk: Talk, payload: int) -> list[Frame]:
    """Return the frames as a capture has them that keeps `payload` bytes of each segment's data."""
    return [frame._replace(data=frame.data[: HEADERS + payload]) for frame in talk.frames]


def kept_alive(count: int = 4) -> Talk:
    """Return a connection with exchanges whose heads have over 500 bytes."""
    talk = Talk()
    for number in range(count):
        talk.client(get(f"/{number}", FILLER)).server(ok(b"x" * 100, FILLER, status=200 + number)).wait(1)
    return talk


def test_the_start_of_each_head_says_what_was_requested_and_how_it_was_answered() -> None:
    decoded = decode(sliced(kept_alive().close(), 200))
    assert decoded.pairs == [("/0", 200), ("/1", 201), ("/2", 202), ("/3", 203)]
    assert {request.host for request in decoded.requests} == {"example.com"}
    assert decoded.endings == [GAP] * 4
    assert all(exchange.oddities == CUT * 2 for exchange in decoded.exchanges)
    assert decoded.health.oddities == {"head cut short": 8}
    assert decoded.health.unpaired_responses == decoded.health.unanswered_requests == decoded.held == 0


def test_what_is_missing_is_counted_and_no_body_is_made_up() -> None:
    request, response = get("/", FILLER), ok(b"x" * 100, FILLER)
    (exchange,) = decode(sliced(Talk().client(request).server(response), 200)).exchanges
    assert exchange.missing_bytes == len(request) + len(response) - 400
    assert (exchange.request_bytes, exchange.response_bytes, exchange.total_time) == (0, 0, None)
    assert exchange.response_time == pytest.approx(0.001)


def test_bodies_of_many_segments_do_not_hide_the_next_exchange() -> None:
    talk = Talk()
    for number in range(4):
        talk.client(get(f"/{number}", FILLER)).server(ok(b"x" * 9000, FILLER, status=200 + number))
    assert decode(sliced(talk, 60)).pairs == [("/0", 200), ("/1", 201), ("/2", 202), ("/3", 203)]


@pytest.mark.parametrize("handshake", [True, False], ids=["from the start", "joined"])
def test_heads_that_fit_are_read_as_ever(handshake: bool) -> None:
    talk = Talk(handshake=handshake)
    for number in range(3):
        talk.client(get(f"/{number}")).server(ok(b"x" * 100, FILLER))
    decoded = decode(sliced(talk, 100))
    assert decoded.pairs == [("/0", 200), ("/1", 200), ("/2", 200)]
    assert all(exchange.oddities == CUT for exchange in decoded.exchanges)


def test_a_field_that_is_cut_is_not_used() -> None:
    head = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl\r\n\r\n"
    for size in range(16, len(head) - 1):
        (request,) = decode(sliced(Talk().client(head), size)).requests
        assert request.target == "/"
        assert request.host == ("www.example.com" if size > head.index(b"\nUser") else "")
        assert request.user_agent in ("", "curl")


def test_a_cut_request_line_gives_the_method_and_what_there_is_of_the_target() -> None:
    head = get("/shop/item?colour=red")
    for size in range(len("GET /"), len("GET /shop/item?colour=red HTTP/1.")):
        decoded = decode(sliced(Talk().client(head).server(ok(status=404)), size))
        (exchange,) = decoded.exchanges
        assert exchange.request is not None
        assert (exchange.request.method, exchange.request.version) == ("GET", "")
        assert exchange.request.target == head[4:size].decode().partition(" ")[0]
        assert "request line cut short" in exchange.oddities
        assert decoded.health.missing_bytes > 0


@pytest.mark.parametrize("line", [b"GET", b"GET ", b"GET http://www.exam", b"hello wor"])
def test_nothing_is_reported_without_a_method_and_a_certain_place(line: bytes) -> None:
    talk = Talk().client(line + b"x" * 500)
    decoded = decode(sliced(talk, len(line)))
    assert (decoded.requests, decoded.health.oddities) == ([], {})


def test_a_status_line_counts_from_its_third_digit_on() -> None:
    for size in range(1, 20):
        decoded = decode(sliced(Talk().server(ok(b"x" * 50, status=503)), size))
        assert [exchange.status for exchange in decoded.exchanges] == ([503] if size >= len("HTTP/1.1 503") else [])
        assert decoded.held == 0


def test_only_the_first_segment_of_each_head_was_captured() -> None:
    """A filter on `GET` makes such captures: they have neither a handshake nor a response."""
    talk = Talk(handshake=False)
    for number in range(4):
        talk.client(get(f"/{number}", "Cookie: " + "c" * 2000)).server(ok(b"x" * 300)).wait(3)
    firsts = [segment for segment in talk.segments if segment.data.startswith(b"GET")]
    decoded = decode(map(talk.frame, firsts))
    assert [request.target for request in decoded.requests] == ["/0", "/1", "/2", "/3"]
    assert {request.host for request in decoded.requests} == {"example.com"}
    assert decoded.health.oddities == {"head cut short": 4}


def test_only_the_first_segments_of_requests_and_responses_were_captured() -> None:
    talk = Talk()
    for number in range(3):
        talk.client(get(f"/{number}", "Cookie: " + "c" * 2000))
        talk.server(ok(b"x" * 5000, "Link: " + "l" * 2000, status=200 + number)).wait(3)
    firsts = [segment for segment in talk.segments if segment.data.startswith((b"GET", b"HTTP"))]
    decoded = decode(map(talk.frame, [*talk.segments[:3], *firsts]))
    assert decoded.pairs == [("/0", 200), ("/1", 201), ("/2", 202)]


def test_a_head_that_is_only_late_is_whole() -> None:
    head = get("/", FILLER)
    talk = Talk().client(head[:200]).wait(100).client(head[200:]).server(ok())
    decoded = decode(talk.frames)
    assert (decoded.pairs, decoded.endings, decoded.health.oddities) == ([("/", 200)], [COMPLETE], {})


@pytest.mark.parametrize("side", [CLIENT, SERVER])
def test_the_end_of_the_capture_cuts_a_head(side: int) -> None:
    talk = Talk().client(get()) if side == SERVER else Talk()
    talk.say(side, (ok() if side == SERVER else get())[:20])
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/", 200 if side == SERVER else None)]
    assert decoded.endings == [CAPTURE_END]
    assert decoded.exchanges[0].oddities == CUT


def test_a_connection_that_falls_silent_cuts_a_head() -> None:
    one = decoder(limits=Limits(connection_timeout=300))
    fed(one, Talk().client(get()[:20]).frames)
    request, exchange = advanced(one, 1400.0)
    assert isinstance(exchange, Exchange)
    assert (exchange.request, exchange.ending, exchange.oddities) == (request, TIMEOUT, CUT)


def test_a_head_that_its_sender_gave_up_is_no_request() -> None:
    ends = [Talk().client(get()[:20]).close(), Talk().client(get()[:20]).reset(CLIENT)]
    ends.append(Talk().client(get()[:20]).fin(CLIENT))
    for talk in ends:
        assert decode(talk.frames).requests == []


def test_a_head_that_was_evicted_is_no_request() -> None:
    frames = [frame for port in range(1, 60) for frame in Talk(client_port=port).client(get()[:20]).frames]
    decoded = decode(frames, Limits(connections=20))
    assert decoded.health.evicted > 0
    assert EVICTED not in decoded.endings


def test_a_reused_port_cuts_the_head_of_the_connection_before() -> None:
    again = Talk(time=1100.0, first=(90000, 95000)).client(get("/2")).server(ok())
    decoded = decode([*Talk().client(get("/1")[:20]).frames, *again.frames])
    assert decoded.pairs == [("/1", None), ("/2", 200)]
    assert (decoded.endings, decoded.held) == ([CLOSED, COMPLETE], 0)


def test_a_response_head_that_a_reset_cut_is_no_response() -> None:
    cut = decode(sliced(Talk().client(get()).server(ok(b"x" * 100)).reset(SERVER), 30))
    assert [(exchange.status, exchange.ending) for exchange in cut.exchanges] == [(200, GAP)]
    sent = decode(Talk().client(get()).server(ok()[:30]).reset(SERVER).frames)
    assert [(exchange.status, exchange.ending) for exchange in sent.exchanges] == [(None, RESET)]

"""HTTP/1 messages: each sample whole, byte by byte, in sevens, and directly followed by another message."""

from dataclasses import replace

import pytest
from decoders import decoder, fed
from wire import Decoded, Talk, chunked, decode, get, ok

from traffic.limits import Limits
from traffic.records import CLOSED, COMPLETE, GAP, MALFORMED

pytestmark = pytest.mark.usefixtures("each_decoder")

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

RESPONSES = {
    "Content-Length": (ok(b"x" * 100), 200, 100),
    "no body": (ok(b""), 200, 0),
    "chunked": (CHUNKED + chunked([b"a" * 10, b"b" * 300]), 200, 310),
    "chunked, with trailers": (CHUNKED + chunked([b"abc"], b"Checked: yes\r\nBy: us\r\n"), 200, 3),
    "chunked, nothing": (CHUNKED + chunked([]), 200, 0),
    "chunk extensions": (CHUNKED + b'3;a=b;c="d"\r\nabc\r\n0;last\r\n\r\n', 200, 3),
    "chunk sizes in upper case, with zeros": (CHUNKED + b"00A\r\n0123456789\r\n000\r\n\r\n", 200, 10),
    "chunked, bare LF": (CHUNKED.replace(b"\r\n", b"\n") + b"3\nabc\n0\n\n", 200, 3),
    "bare LF": (ok(b"abc").replace(b"\r\n", b"\n"), 200, 3),
    "names in any case": (b"HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh: 3\r\n\r\nabc", 200, 3),
    "white space before the colon": (b"HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc", 200, 3),
    "folded field": (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length:\r\n\t3\r\n\r\nabc", 200, 3),
    "no reason": (b"HTTP/1.1 404\r\nContent-Length: 3\r\n\r\nabc", 404, 3),
    "the same length twice": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 200, 3),
    "length and chunked": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked([b"abc"]),
        200,
        3,
    ),
    "length and identity": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: Identity, identity\r\n\r\nabc",
        200,
        3,
    ),
    "empty lines before it": (b"\r\n\r\n" + ok(b"abc"), 200, 3),
    "one stray byte before it": (b"}" + ok(b"abc"), 200, 3),
    "four stray bytes before it": (b"\0ab}" + ok(b"abc"), 200, 3),
    "stray bytes and empty lines before it": (b"\r\n-\r\n-\r\n" + ok(b"abc"), 200, 3),
    "ICY": (ok(b"abc").replace(b"HTTP/1.1", b"ICY"), 200, 3),
}


def three_ways(request: bytes, response: bytes) -> list[Decoded]:
    """Decode a pair whole, byte by byte and in sevens, followed by another pair."""
    talks = [Talk(segment_size=size) for size in (1460, 1, 7)]
    return [
        decode(t.client(request).server(response).client(get("/next")).server(ok(status=299)).frames) for t in talks
    ]


@pytest.mark.parametrize(("response", "status", "size"), RESPONSES.values(), ids=RESPONSES)
def test_responses(response: bytes, status: int, size: int) -> None:
    for decoded in three_ways(get(), response):
        assert decoded.pairs == [("/", status), ("/next", 299)]
        assert decoded.exchanges[0].response_bytes == size
        assert decoded.exchanges[0].ending == COMPLETE


REQUESTS = {
    "plain": (b"GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/a?b", "h", 0),
    "absolute URI": (b"GET http://other/a HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "http://other/a", "h", 0),
    "missing Host": (b"GET /a HTTP/1.0\r\n\r\n", "GET", "/a", "", 0),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS", "*", "h", 0),
    "names in any case": (b"GET /a HTTP/1.1\r\nhOsT:h\r\n\r\n", "GET", "/a", "h", 0),
    "bare LF": (b"GET /a HTTP/1.1\nHost: h\n\n", "GET", "/a", "h", 0),
    "folded field": (b"GET /a HTTP/1.1\r\nHost:\r\n h\r\n\r\n", "GET", "/a", "h", 0),
    "Content-Length": (b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody", "POST", "/a", "h", 4),
    "chunked": (
        b"PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + chunked([b"ab", b"cde"]),
        "PUT",
        "/a",
        "h",
        5,
    ),
    "length and identity": (
        b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\nContent-Length: 4\r\n\r\nbody",
        "POST",
        "/a",
        "h",
        4,
    ),
    "unknown method": (b"BREW /a HTTP/1.1\r\nHost: h\r\n\r\n", "BREW", "/a", "h", 0),
    "empty lines before it": (b"\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/a", "h", 0),
}


@pytest.mark.parametrize(("request_", "method", "target", "host", "size"), REQUESTS.values(), ids=REQUESTS)
def test_requests(request_: bytes, method: str, target: str, host: str, size: int) -> None:
    for decoded in three_ways(request_, ok()):
        first, following = decoded.requests
        assert (first.method, first.target, first.host) == (method, target, host)
        assert decoded.exchanges[0].request_bytes == size
        assert following.target == "/next"


def test_a_head_split_at_any_byte() -> None:
    request = get("/a", "User-Agent: curl", "X: y")
    for place in range(1, len(request)):
        talk = Talk().client(request[:place]).client(request[place:]).server(ok())
        decoded = decode(talk.frames)
        assert decoded.pairs == [("/a", 200)]
        assert decoded.requests[0].user_agent == "curl"


def test_without_a_length_an_identity_coded_response_ends_with_the_connection() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n"
    decoded = decode(Talk().client(get()).server(head + b"x" * 99).close().frames)
    assert [(exchange.response_bytes, exchange.ending) for exchange in decoded.exchanges] == [(99, COMPLETE)]
    assert decoded.health.oddities == {"identity transfer coding": 1}


def test_shoutcast_answers_with_icy_and_streams_until_close() -> None:
    head = b"ICY 200 OK\r\nicy-name: radio\r\nicy-metaint: 16000\r\n\r\n"
    for size in (1460, 1, 7):
        talk = Talk(segment_size=size).client(get("/stream", version="1.0")).server(head + b"\xff\xfb" * 500).close()
        (exchange,) = decode(talk.frames).exchanges
        assert (exchange.status, exchange.response_bytes, exchange.ending) == (200, 1000, COMPLETE)


def test_an_icy_status_line_is_recognised_on_a_connection_joined_in_the_middle() -> None:
    decoded = decode(Talk(handshake=False).server(b"ICY 200 OK\r\n\r\n" + b"x" * 10).close().frames)
    assert decoded.pairs == [(None, 200)]


@pytest.mark.parametrize("status", [204, 304])
def test_an_empty_chunk_after_a_response_without_a_body_hides_no_response(status: int) -> None:
    head = b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % status
    for size in (1460, 1, 7):
        talk = Talk(segment_size=size).client(get("/1") + get("/2") + get("/3"))
        decoded = decode(talk.server(head + ok(status=404) + ok(status=500)).frames)
        assert decoded.pairs == [("/1", status), ("/2", 404), ("/3", 500)]
        assert [exchange.oddities for exchange in decoded.exchanges] == [(), ("stray bytes before a response",), ()]
        assert decoded.health.oddities == {"stray bytes before a response": 1}


def test_stray_bytes_at_the_end_of_an_earlier_segment_hide_no_response() -> None:
    talk = Talk().client(get("/1")).server(ok() + b"}\n").client(get("/2")).server(ok(status=404))
    decoded = decode(talk.client(get("/3")).server(ok(status=500)).frames)
    assert decoded.pairs == [("/1", 200), ("/2", 404), ("/3", 500)]
    assert decoded.exchanges[1].response_time == pytest.approx(0.001)


@pytest.mark.parametrize("answer", [b"hello" + ok(), b"OK\r\n"], ids=["five stray bytes", "only stray bytes"])
def test_more_stray_bytes_or_nothing_after_them_is_no_response(answer: bytes) -> None:
    decoded = decode(Talk().client(get()).server(answer).close().frames)
    assert (decoded.pairs, decoded.endings) == ([("/", None)], [MALFORMED])
    assert decoded.health.oddities == {"not an HTTP message": 1}


def test_until_close() -> None:
    for size in (1460, 1, 7):
        talk = Talk(segment_size=size).client(get()).server(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 99).close()
        (exchange,) = decode(talk.frames).exchanges
        assert (exchange.response_bytes, exchange.ending) == (99, COMPLETE)


def test_a_body_cut_short_by_the_end_is_not_complete() -> None:
    (exchange,) = decode(Talk().client(get()).server(ok(b"x" * 100)[:-20]).close().frames).exchanges
    assert (exchange.response_bytes, exchange.ending) == (80, CLOSED)


def test_a_gap_inside_a_body_is_counted_and_reading_goes_on() -> None:
    talk = Talk(segment_size=100).client(get()).server(ok(b"x" * 1000)).client(get("/2")).server(ok(status=202))
    del talk.segments[6:9]
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/", 200), ("/2", 202)]
    assert (decoded.exchanges[0].response_bytes, decoded.exchanges[0].missing_bytes) == (1000, 300)


def test_a_gap_inside_a_chunk_is_counted_and_reading_goes_on() -> None:
    body = CHUNKED + chunked([b"x" * 1000])
    talk = Talk(segment_size=100).client(get()).server(body).client(get("/2")).server(ok(status=202))
    del talk.segments[6:9]
    decoded = decode(talk.frames)
    assert decoded.pairs == [("/", 200), ("/2", 202)]
    assert (decoded.exchanges[0].response_bytes, decoded.exchanges[0].missing_bytes) == (1000, 300)


def test_a_gap_over_heads_finds_the_next_message() -> None:
    talk = Talk().client(get("/1")).server(ok(b"x" * 500)[:300]).server(ok(b"x" * 500)[300:], lost=True)
    talk.client(get("/2"), lost=True).server(ok()[:10], lost=True).server(ok()[10:])
    talk.client(get("/3")).server(ok(status=203)).client(get("/4")).server(ok(status=204))
    decoded = decode(talk.frames)
    assert decoded.exchanges[0].ending == GAP
    assert ("/3", 204) not in decoded.pairs
    assert ("/4", 204) in decoded.pairs


BROKEN = {
    "conflicting Content-Length": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
    "bad Content-Length": b"HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nabc",
    "Content-Length with Transfer-Encoding": RESPONSES["length and chunked"][0],
    "bad chunk size": CHUNKED + b"zz\r\nabc\r\n",
    "bad chunk end": CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n",
}


@pytest.mark.parametrize(("oddity", "response"), BROKEN.items(), ids=BROKEN)
def test_malformed_messages_are_counted_and_do_not_stop_later_ones(oddity: str, response: bytes) -> None:
    other = Talk(client_port=41000).client(get("/other")).server(ok())
    decoded = decode(Talk().client(get()).server(response).close().frames + other.frames)
    assert decoded.health.oddities[oddity] == 1
    assert oddity in decoded.exchanges[0].oddities
    assert ("/other", 200) in decoded.pairs
    assert decoded.held == 0


def test_a_chunk_size_of_2_to_the_64_is_rejected() -> None:
    talk = Talk().client(get()).server(CHUNKED + b"10000000000000000\r\nabc\r\n").close()
    decoded = decode(talk.frames)
    assert decoded.endings == [MALFORMED]
    assert decoded.health.oddities["bad chunk size"] == 1


class TestLimits:
    def test_header_bytes(self) -> None:
        talk = Talk().client(get("/a")[:-2] + b"X: " + b"x" * 5000)
        decoded = decode(talk.frames, Limits(header_bytes=1000))
        assert decoded.health.oddities["head too long"] == 1
        assert [request.target for request in decoded.requests] == ["/a"]
        assert decoded.held == 0

    def test_headers(self) -> None:
        talk = Talk().client(get("/a", *["X: y"] * 100)).server(ok())
        decoded = decode(talk.frames, Limits(headers=50))
        assert decoded.health.oddities["too many header fields"] == 1

    def test_chunk_lines_and_trailers(self) -> None:
        for tail in (b"1;" + b"x" * 5000, b"0\r\n" + b"Trailer: yes\r\n" * 500):
            talk = Talk().client(get()).server(CHUNKED + tail)
            decoded = decode(talk.frames, Limits(header_bytes=1000))
            assert decoded.health.oddities["chunk line or trailer too long"] == 1

    def test_trailers_are_limited_in_each_message_and_not_in_all_together(self) -> None:
        talk = Talk()
        for _ in range(10):
            talk.client(get()).server(CHUNKED + b"0\r\n" + b"Trailer: yes\r\n" * 20 + b"\r\n")
        decoded = decode(talk.frames, Limits(header_bytes=1000))
        assert (decoded.health.oddities, len(decoded.pairs)) == ({}, 10)

    def test_string_length(self) -> None:
        talk = Talk().client(get("/" + "p" * 500, "User-Agent: " + "u" * 500, "Referer: " + "r" * 500))
        (request,) = decode(talk.frames, Limits(string_length=100)).requests
        assert {len(request.target), len(request.user_agent), len(request.referrer)} == {100}

    def test_total_buffer(self) -> None:
        frames = [
            f for port in range(50) for f in Talk(client_port=20000 + port).client(get("/" + "x" * 800)[:-4]).frames
        ]
        decoded = decode(frames, Limits(total_buffer=8000))
        assert decoded.health.oddities["total buffer full"] > 0
        assert decoded.held == 0


def test_the_response_to_a_lost_head_request_has_no_body() -> None:
    talk = Talk().client(get("/1")).server(ok())
    talk.client(get("/2", method="HEAD"), lost=True).server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").wait(2)
    talk.client(get("/3")).server(ok(b"three", status=203)).wait(2).client(get("/4")).server(ok(status=204)).close()
    decoded = decode(talk.frames)
    assert [(exchange.status, exchange.response_bytes) for exchange in decoded.exchanges] == [
        (200, 5),
        (200, 0),
        (203, 5),
        (204, 0),
    ]


def test_a_doubtful_body_is_read_if_present() -> None:
    talk = Talk().client(get("/1")).server(ok())
    talk.client(get("/2"), lost=True).server(ok(b"x" * 3000)).wait(2).client(get("/3")).server(ok(status=203)).close()
    decoded = decode(talk.frames)
    assert [exchange.response_bytes for exchange in decoded.exchanges] == [5, 3000, 5]


def test_the_largest_chunk_size_is_accepted() -> None:
    talk = Talk().client(get()).server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc")
    (exchange,) = decode(talk.client(get("/next")).frames).exchanges[:1]
    assert (exchange.status, exchange.response_bytes) == (200, 3)


NAMED = Limits(named_fields=(b"x-cache", b"host", b"x-id", b"content-length"))
"""Fields to keep, in this order."""


@pytest.mark.parametrize("size", [1460, 1, 7])
def test_named_fields_are_kept_of_both_messages_in_the_order_of_their_names(size: int) -> None:
    talk = Talk(segment_size=size).client(get("/1", "X-ID: 7", "Cookie: secret", "x-id: 8"))
    talk.server(
        b"HTTP/1.1 200 OK\r\nX-Id : \r\nContent-Length: 3\r\nX-CACHE:\r\nX-Cache: HIT\r\n\tfrom b\x1b\r\n\r\nabc"
    )
    (exchange,) = decode(talk.frames, NAMED).exchanges
    assert exchange.request is not None
    assert exchange.request.request_headers == "host: example.com\nx-id: 7"
    assert exchange.response_headers == "x-cache: HIT from b\\x1b\ncontent-length: 3"
    assert (exchange.response_bytes, exchange.request.host) == (3, "example.com")


def test_named_fields_are_cut_together() -> None:
    talk = Talk().client(get("/1", "X-Id: " + "7" * 500)).server(ok(b"abc"))
    (request,) = decode(talk.frames, replace(NAMED, string_length=40)).requests
    assert request.request_headers == "host: example.com\nx-id: " + "7" * 16


def test_named_fields_count_in_the_budget_of_waiting_requests() -> None:
    talk = Talk().client(get("/1", "X-Id: " + "7" * 500))
    held = []
    for limits in (None, NAMED):
        made = decoder(limits=limits)
        fed(made, talk.frames)
        held.append(made.held)
    assert held[1] - held[0] == len("host: example.com\nx-id: ") + 500


def test_no_field_is_kept_without_a_name() -> None:
    talk = Talk().client(get("/1", "X-Id: 7")).server(ok(b"abc"))
    (exchange,) = decode(talk.frames).exchanges
    assert exchange.request is not None
    assert (exchange.request.request_headers, exchange.response_headers) == ("", "")

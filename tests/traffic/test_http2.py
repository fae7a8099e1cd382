"""HTTP/2 in clear text: each stream is an exchange, whatever becomes of the connection (RFC 9113)."""

from collections.abc import Callable, Iterable
from struct import pack

import pytest
from http2_wire import (
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PADDED,
    PREFACE,
    PRIORITIZED,
    PUSH_PROMISE,
    SETTINGS,
    Http2Talk,
    assert_nothing_wrong,
    data,
    decode2,
    frame,
    goaway,
    message,
    reset,
    settings,
)
from wire import CLIENT, SERVER, Decoded, Talk, decode, get, ok

from traffic.limits import Limits
from traffic.records import Exchange

NOTHING: dict[str, int] = {}


def odd(decoded: Decoded) -> dict[str, int]:
    return {name: count for name, count in decoded.health.oddities.items() if count}


def told(decoded: Decoded) -> Iterable[tuple[tuple[str | None, int | None], Exchange]]:
    """Return each exchange, with its target and status before it."""
    return zip(decoded.pairs, decoded.exchanges, strict=True)


def whole(decoded: Decoded) -> bool:
    """Return whether nothing was lost, odd or unreadable, and nothing is held."""
    health = decoded.health
    lost = (health.missing_bytes, health.unpaired_responses, health.unanswered_requests, decoded.held)
    return not odd(decoded) and not +health.unreadable and lost == (0, 0, 0, 0)


# the exchange ---------------------------------------------------------------------------------------------------------


def test_a_request_and_its_response() -> None:
    talk = Http2Talk().request(1, "/cart?x=1", fields=[("user-agent", "curl"), ("referer", "http://a/")])
    talk.response(1, 201, fields=[("content-type", "Text/HTML; charset=utf-8")], body=b"hello").close()
    decoded = decode2(talk)
    (exchange,) = decoded.exchanges
    request = exchange.request
    assert request is not None
    assert decoded.requests == [request]
    assert (request.method, request.host, request.target, request.version) == ("GET", "example.com", "/cart?x=1", "2")
    assert (request.user_agent, request.referrer, request.ordinal) == ("curl", "http://a/", 1)
    assert (request.client, request.client_port, request.server, request.server_port) == (
        "10.0.0.1", 40000, "10.0.0.2", 80,
    )  # fmt: skip
    assert (exchange.status, exchange.content_type, exchange.ending) == (201, "text/html", "complete")
    assert (exchange.protocol, exchange.request_bytes, exchange.response_bytes) == ("h2", 0, 5)
    assert whole(decoded)


def test_times_are_those_of_the_first_and_the_last_byte() -> None:
    talk = Http2Talk().request(1).talk.wait(0.25)
    spoken = Http2Talk(talk, started=True)
    spoken.send(SERVER, spoken.headers(SERVER, 1, [(":status", "200")]))
    talk.wait(1)
    spoken.send(SERVER, data(1, b"x", end=True))
    (exchange,) = decode2(talk).exchanges
    assert exchange.response_time == pytest.approx(0.251)
    assert exchange.total_time == pytest.approx(1.252)


def test_segments_may_be_split_anywhere() -> None:
    def talk(size: int) -> Http2Talk:
        talk = Http2Talk(Talk(segment_size=size))
        talk.request(1, "/1", method="POST", body=b"a" * 30).request(3, "/2")
        return talk.response(3, 404, body=b"no").response(1, body=b"b" * 50, trailers=[("x-checksum", "1")]).close()

    expected = [("/2", 404, 0, 2), ("/1", 200, 30, 50)]
    for size in (1460, 1, 2, 3, 7, 10):
        decoded = decode2(talk(size))
        found = [
            (e.request and e.request.target, e.status, e.request_bytes, e.response_bytes) for e in decoded.exchanges
        ]
        assert (found, whole(decoded)) == (expected, True), size


def test_streams_are_paired_by_their_numbers() -> None:
    talk = Http2Talk()
    for stream in (1, 3, 5):
        talk.request(stream, f"/{stream}")
    talk.response(5, 205).response(1, 201).response(3, 203).close()
    decoded = decode2(talk)
    assert decoded.pairs == [("/5", 205), ("/1", 201), ("/3", 203)]
    assert whole(decoded)


def test_interim_responses_are_skipped() -> None:
    talk = Http2Talk().request(1)
    for status in ("100", "103"):
        talk.send(SERVER, talk.headers(SERVER, 1, [(":status", status), ("link", "</a>")]))
    talk.talk.wait(1)
    talk.response(1, 200, body=b"x")
    (exchange,) = decode2(talk).exchanges
    assert exchange.status == 200
    assert exchange.response_time == pytest.approx(1.003)


def test_a_response_may_come_before_the_end_of_the_request() -> None:
    talk = Http2Talk().request(1, method="POST", body=b"").response(1, 413, body=b"no")
    talk.talk.wait(1)
    talk.send(CLIENT, data(1, b"abc", end=True)).close()
    (exchange,) = decode2(talk).exchanges
    assert (exchange.status, exchange.ending, exchange.request_bytes) == (413, "complete", 3)
    assert exchange.request is not None
    assert exchange.total_time is not None
    assert exchange.total_time < 1 < exchange.time - exchange.request.time  # the response ended first


def test_padding_is_no_content() -> None:
    talk = Http2Talk().request(1)
    block = talk.block(SERVER, [(":status", "200")])
    padded = frame(HEADERS, END_HEADERS | PADDED | PRIORITIZED, 1, b"\x03" + pack(">IB", 0, 15) + block + bytes(3))
    parts = [b"\x09" + b"hello" + bytes(9), b"\xff" + bytes(255), b"\x00" + b"you"]
    bodies = [frame(0, PADDED, 1, part) for part in parts]
    for size in (1460, 1, 11):
        spoken = Http2Talk().request(1).send(SERVER, padded, *bodies, data(1, b"", end=True), size=size)
        decoded = decode2(spoken.close())
        assert [(e.status, e.response_bytes, e.ending) for e in decoded.exchanges] == [(200, 8, "complete")]
        assert odd(decoded) == NOTHING


def test_header_blocks_go_on_in_continuation_frames() -> None:
    talk = Http2Talk()
    block = talk.block(CLIENT, [(":method", "GET"), (":path", "/long"), ("x", "y" * 90)])
    parts = [block[start : start + 20] for start in range(0, len(block), 20)]
    frames = [frame(HEADERS, END_STREAM, 1, parts[0])]
    frames += [frame(CONTINUATION, 0, 1, part) for part in parts[1:-1]] + [
        frame(CONTINUATION, END_HEADERS, 1, parts[-1])
    ]
    decoded = decode2(talk.send(CLIENT, *frames).response(1).close())
    assert decoded.pairs == [("/long", 200)]
    assert whole(decoded)


def test_a_header_block_must_not_be_interrupted() -> None:
    talk = Http2Talk()
    block = talk.block(CLIENT, [(":method", "GET"), (":path", "/broken")])
    talk.send(
        CLIENT, frame(HEADERS, END_STREAM, 1, block[:3]), frame(HEADERS, END_HEADERS | END_STREAM, 3, b"\x82\x84")
    )
    decoded = decode2(talk.response(3).close())
    assert decoded.pairs == [("/", 200)]
    assert odd(decoded) == {"header block interrupted": 1}


def test_a_server_may_push() -> None:
    talk = Http2Talk().request(1, "/index.html")
    promise = [(":method", "GET"), (":scheme", "http"), (":authority", "example.com"), (":path", "/style.css")]
    talk.send(SERVER, frame(PUSH_PROMISE, END_HEADERS, 1, pack(">I", 2) + talk.block(SERVER, promise)))
    talk.response(1, body=b"page").response(2, body=b"style").close()
    decoded = decode2(talk)
    assert decoded.pairs == [("/index.html", 200), ("/style.css", 200)]
    assert [request.target for request in decoded.requests] == ["/index.html", "/style.css"]
    assert whole(decoded)


def test_a_tunnel_is_one_exchange() -> None:
    talk = Http2Talk()
    talk.send(CLIENT, talk.headers(CLIENT, 1, [(":method", "CONNECT"), (":authority", "other.example:443")]))
    talk.send(SERVER, talk.headers(SERVER, 1, [(":status", "200")]))
    talk.send(CLIENT, data(1, b"abc")).send(SERVER, data(1, b"defg"))
    talk.send(CLIENT, data(1, b"", end=True)).send(SERVER, data(1, b"", end=True)).close()
    (exchange,) = decode2(talk).exchanges
    assert (exchange.request_bytes, exchange.response_bytes, exchange.ending) == (3, 4, "complete")
    assert exchange.request is not None
    assert (exchange.request.target, exchange.request.domain) == ("other.example:443", "other.example")


def test_a_websocket_on_a_stream_has_a_path() -> None:
    talk = Http2Talk()
    fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/chat")]
    talk.send(CLIENT, talk.headers(CLIENT, 1, [*fields, (":authority", "example.com")]))
    talk.send(SERVER, talk.headers(SERVER, 1, [(":status", "200")])).send(CLIENT, data(1, b"abc", end=True))
    talk.send(SERVER, data(1, b"", end=True)).close()
    (exchange,) = decode2(talk).exchanges
    assert exchange.request is not None
    assert (exchange.protocol, exchange.request.section, exchange.response_time) == (
        "websocket", "example.com/chat", None,
    )  # fmt: skip
    assert exchange.total_time is not None


# how it ends ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "code", "name"), [(CLIENT, 8, "CANCEL"), (SERVER, 7, "REFUSED_STREAM")])
def test_a_reset_stream_names_the_code(side: int, code: int, name: str) -> None:
    talk = Http2Talk().request(1).send(side, reset(1, code))
    talk.talk.wait(2)
    decoded = decode2(talk.request(3).response(3).close())
    assert [(e.status, e.ending, e.oddities) for e in decoded.exchanges] == [
        (None, "reset", (f"RST_STREAM {name}",)), (200, "complete", ()),
    ]  # fmt: skip
    assert odd(decoded) == {f"RST_STREAM {name}": 1}


def test_a_response_that_is_under_way_when_the_client_resets_is_told() -> None:
    decoded = decode2(Http2Talk().request(1).send(CLIENT, reset(1)).response(1, 201, body=b"late").close())
    (exchange,) = decoded.exchanges
    assert (exchange.status, exchange.response_bytes, exchange.ending) == (201, 4, "reset")
    assert exchange.total_time is None


def test_a_reset_after_the_response_changes_nothing() -> None:
    talk = Http2Talk().request(1, method="POST", body=b"").response(1, 413, body=b"no").send(SERVER, reset(1, 0))
    decoded = decode2(talk)
    assert [(e.status, e.ending, e.oddities) for e in decoded.exchanges] == [(413, "complete", ())]


def test_streams_that_a_goaway_refuses_end_with_it() -> None:
    talk = Http2Talk().request(1, "/1").request(3, "/3").request(5, "/5").send(SERVER, goaway(1, 11))
    decoded = decode2(talk.response(1).close())
    name = "GOAWAY ENHANCE_YOUR_CALM"
    assert [(*pair, e.ending, e.oddities) for pair, e in told(decoded)] == [
        ("/3", None, "closed", (name,)), ("/5", None, "closed", (name,)), ("/1", 200, "complete", ()),
    ]  # fmt: skip


def test_a_friendly_goaway_is_nothing_odd() -> None:
    assert whole(
        decode2(Http2Talk().request(1).send(SERVER, goaway(2**31 - 1)).response(1).send(SERVER, goaway(1)).close())
    )


@pytest.mark.parametrize(
    ("finish", "ending"),
    [(Talk.close, "closed"), (lambda talk: talk.reset(SERVER), "reset"), (lambda talk: talk, "capture_end")],
    ids=["closed", "reset", "capture_end"],
)
def test_streams_end_with_their_connection(finish: Callable[[Talk], Talk], ending: str) -> None:
    talk = Http2Talk().request(1)
    talk.send(SERVER, talk.headers(SERVER, 1, [(":status", "200")]) + data(1, b"part"))
    decoded = decode2(finish(talk.talk))
    assert [(e.status, e.response_bytes, e.ending) for e in decoded.exchanges] == [(200, 4, ending)]


# how it starts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(1, 30))
def test_the_preface_may_be_split(size: int) -> None:
    talk = Http2Talk(started=True).send(CLIENT, PREFACE + settings((3, 100)), size=size).send(SERVER, settings())
    decoded = decode2(talk.request(1, "/1").response(1).close())
    assert (decoded.pairs, whole(decoded)) == ([("/1", 200)], True)


def test_a_server_may_send_its_settings_first() -> None:
    talk = Http2Talk(started=True).send(SERVER, settings((3, 100), (4, 65535))).send(CLIENT, PREFACE + settings())
    decoded = decode2(talk.request(1, "/1").response(1).close())
    assert (decoded.pairs, whole(decoded)) == ([("/1", 200)], True)


def upgraded(talk: Talk) -> Http2Talk:
    fields = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    talk.client(get("/first", *fields))
    spoken = Http2Talk(talk, started=True)
    switching = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    return spoken.send(SERVER, switching, settings((3, 100)))


def test_a_request_may_ask_for_http2() -> None:
    talk = upgraded(Talk()).send(CLIENT, PREFACE + settings()).response(1, 203, body=b"hello")
    decoded = decode2(talk.request(3, "/second").response(3, 204).close())
    assert decoded.pairs == [("/first", 203), ("/second", 204)]
    assert [e.request and (e.request.version, e.request.ordinal) for e in decoded.exchanges] == [("1.1", 1), ("2", 2)]
    assert [(e.protocol, e.response_bytes) for e in decoded.exchanges] == [("h2", 5), ("h2", 0)]
    assert whole(decoded)


@pytest.mark.parametrize("first", [CLIENT, SERVER])
def test_a_tunnel_through_a_proxy_may_carry_http2(first: int) -> None:
    talk = Talk().client(b"CONNECT other.example:80 HTTP/1.1\r\nHost: other.example:80\r\n\r\n")
    spoken = Http2Talk(talk.server(b"HTTP/1.1 200 OK\r\n\r\n"), started=True)
    for side in (first, 1 - first):
        spoken.send(side, (PREFACE if side == CLIENT else b"") + settings((3, 100)))
    decoded = decode2(spoken.request(1, "/1").response(1).close())
    assert decoded.pairs == [("other.example:80", 200), ("/1", 200)]
    assert not +decoded.health.unreadable


def test_a_server_may_refuse_in_http1() -> None:
    decoded = decode2(Talk().client(PREFACE + settings()).server(ok(b"no", status=400)).close())
    assert [(e.request, e.status) for e in decoded.exchanges] == [(None, 400)]
    assert not +decoded.health.unreadable


def test_without_the_protocol_connections_are_counted_as_before() -> None:
    decoded = decode(Http2Talk().request(1).response(1).close().frames)
    assert (decoded.records, dict(+decoded.health.unreadable)) == ([], {"HTTP/2": 1})


def test_connections_may_be_on_any_monitored_port() -> None:
    decoded = decode2(Http2Talk(Talk(server_port=80, client_port=50051)).request(1, "/x").response(1))
    assert decoded.pairs == [("/x", 200)]


# joined late ----------------------------------------------------------------------------------------------------------


def joined(size: int = 0) -> Http2Talk:
    """Three requests on a connection whose start the capture missed, and with it what the table had."""
    talk = Http2Talk(Talk(handshake=False))
    talk.request(1, "/known", fields=[("user-agent", "old")]).response(1, 201)
    talk.talk.segments.clear()
    return talk


def test_paths_of_before_stay_unknown() -> None:
    talk = joined().request(3, "/new", fields=[("user-agent", "old")]).response(3, 203)
    talk.request(5, "/known", fields=[("user-agent", "old")]).response(5, 201)
    decoded = decode2(talk.request(7, "/new", fields=[("user-agent", "other")]).response(7, 207).close())
    found = [e.request and (e.request.target, e.request.host, e.request.user_agent) for e in decoded.exchanges]
    unknown = "(unknown)"
    assert found == [("/new", unknown, unknown), (unknown, unknown, unknown), ("/new", unknown, "other")]
    assert [e.status for e in decoded.exchanges] == [203, None, 207]
    assert decoded.health.unnamed_requests == decoded.health.requests == 3


def test_three_requests_with_unknown_paths_prove_http2_too() -> None:
    talk = joined()
    for stream in (3, 5, 7, 9):
        talk.request(stream, "/known", fields=[("user-agent", "old")]).response(stream)
    decoded = decode2(talk.close())
    assert decoded.pairs == [("(unknown)", 200)] * 2


@pytest.mark.parametrize(
    "segment",
    [
        frame(SETTINGS, 0, 0, bytes(6)),
        frame(HEADERS, END_HEADERS, 2, b"\x82\x84"),
        frame(HEADERS, END_HEADERS, 1, b"\x84"),
        frame(HEADERS, END_HEADERS, 1, b"\x82"),
        frame(HEADERS, END_HEADERS, 1, b"\x82\x82\x84"),
        frame(HEADERS, END_HEADERS, 1, b"\x82\x84\x00\x01A\x01b"),
        frame(HEADERS, END_HEADERS, 1, b"\x88"),
        frame(HEADERS, 0x80 | END_HEADERS, 1, b"\x82\x84"),
        frame(HEADERS, END_HEADERS, 1, b"\x82\x84") + b"GET / HTTP/1.1\r\n\r\n",
        frame(HEADERS, END_HEADERS, 1, b"\x82\x44\x01x"),
        frame(HEADERS, END_HEADERS, 1, b"\x42\x01x\x84"),
    ],
)
def test_other_bytes_in_the_middle_are_not_http2(segment: bytes) -> None:
    decoded = decode2(Talk(handshake=False).client(segment).server(b"x").client(segment))
    assert (decoded.records, dict(+decoded.health.unreadable)) == ([], {})


def streaming(*contents: bytes) -> Http2Talk:
    """A connection of which only DATA of stream 3 are captured, one frame a segment."""
    talk = Http2Talk(Talk(handshake=False), started=True)
    for content in contents:
        talk.send(SERVER, data(3, content))
    return talk


def test_messages_of_an_open_stream_tell_that_the_start_was_missed() -> None:
    decoded = decode2(streaming(message(b"one"), message(b"two"), message(b"three")).close())
    assert (decoded.records, dict(+decoded.health.unreadable)) == ([], {"HTTP/2": 1})


def test_a_request_takes_back_that_the_connection_is_unreadable() -> None:
    talk = streaming(message(b"one"), message(b"two")).request(5, "/new").response(5)
    decoded = decode2(talk.close())
    assert decoded.pairs == [("/new", 200)]
    assert not +decoded.health.unreadable


@pytest.mark.parametrize(
    "contents",
    [
        (message(b"one"),),
        (b"one", b"two", b"three"),
        (message(b"one")[:-1], message(b"two")[:-1]),
        (message(b""), message(b"")),
    ],
)
def test_less_than_two_segments_with_whole_messages_prove_nothing(contents: tuple[bytes, ...]) -> None:
    decoded = decode2(streaming(*contents).close())
    assert (decoded.records, dict(+decoded.health.unreadable)) == ([], {})


# lost bytes -----------------------------------------------------------------------------------------------------------


def shop(segment_size: int = 1460) -> Http2Talk:
    """A talk in which tables, bodies, trailers and several streams matter."""
    talk = Http2Talk(Talk(segment_size=segment_size))
    agent = [("user-agent", "shop/1"), ("x-request-id", "a1")]
    talk.request(1, "/a", fields=agent).response(1, 201, fields=[("content-type", "text/html")], body=b"a" * 3000)
    talk.request(3, "/b", host="b.example", fields=agent)
    talk.request(5, "/c", method="POST", fields=[("x-request-id", "c")], body=b"c" * 2000)
    talk.response(5, 205, body=b"c").response(3, 203, trailers=[("x-sum", "9")])
    for number in range(3):
        talk.request(
            7 + 2 * number, f"/d{number % 2}", host="b.example", fields=[*agent, ("x-request-id", str(number))]
        )
        talk.response(7 + 2 * number, 207 + number, body=b"d" * 100)
    return talk.close()


def test_a_connection_may_be_joined_at_any_segment() -> None:
    frames, truth = shop().frames, decode2(shop())
    assert len(truth.exchanges) == 6
    for start in range(len(frames)):
        assert_nothing_wrong(decode2(frames[start:]), truth)


@pytest.mark.parametrize("size", [11, 40])
def test_any_piece_of_a_frame_may_be_lost(size: int) -> None:
    frames, truth = shop(size).frames, decode2(shop(size))
    for lost in range(len(frames)):
        assert_nothing_wrong(decode2(frames[:lost] + frames[lost + 1 :]), truth)


def test_any_segment_may_be_lost() -> None:
    frames, truth = shop().frames, decode2(shop())
    for lost in range(len(frames)):
        decoded = decode2(frames[:lost] + frames[lost + 1 :])
        assert_nothing_wrong(decoded, truth)
        assert len(decoded.requests) >= 4, lost


def test_bytes_lost_inside_a_body_are_a_number() -> None:
    talk = Http2Talk().request(1)
    talk.send(SERVER, talk.headers(SERVER, 1, [(":status", "200")]) + frame(0, END_STREAM, 1, b"x" * 3000)[:1009])
    talk.send(SERVER, b"x" * 1000, lost=True).send(SERVER, b"x" * 1000).request(3, "/next").response(3).close()
    decoded = decode2(talk)
    assert [(e.response_bytes, e.missing_bytes, e.ending) for e in decoded.exchanges] == [
        (3000, 1000, "complete"), (0, 0, "complete"),
    ]  # fmt: skip


def test_reading_goes_on_after_lost_frames() -> None:
    talk = Http2Talk().request(1, "/1").request(3, "/3", lost=True).response(1, 201).response(3, 203)
    decoded = decode2(talk.request(5, "/5").response(5, 205).close())
    assert decoded.pairs == [("/1", 201), (None, 203), ("/5", 205)]
    assert decoded.health.unpaired_responses == 1


def test_a_hole_in_a_header_block_makes_the_table_unknown() -> None:
    talk = Http2Talk().request(1, "/first").response(1)
    whole = talk.headers(CLIENT, 3, [(":method", "GET"), (":path", "/second")], end=True)
    talk.send(CLIENT, whole[:10]).send(CLIENT, whole[10:-1], lost=True).send(CLIENT, whole[-1:]).response(3)
    decoded = decode2(talk.request(5, "/second").response(5).request(7, "/first").response(7).close())
    assert decoded.pairs == [(path, 200) for path in ("/first", "(unknown)", "(unknown)", "(unknown)")]
    assert decoded.health.unnamed_requests == 3


def test_a_response_that_was_lost_ends_its_exchange_as_a_gap() -> None:
    talk = Http2Talk().request(1, "/1").response(1, 201, lost=True).request(3, "/3").response(3, 203).close()
    decoded = decode2(talk)
    assert list(zip(decoded.pairs, decoded.endings, strict=True)) == [(("/3", 203), "complete"), (("/1", None), "gap")]


def test_streams_in_doubt_do_not_wait_for_ever() -> None:
    talk = Http2Talk().request(1, "/1").response(1, 201, lost=True).request(3, "/3").response(3, 203)
    talk.talk.wait(60)
    decoded = decode2(talk.request(5, "/5").response(5, 205))
    assert list(zip(decoded.pairs, decoded.endings, strict=True)) == [
        (("/3", 203), "complete"), (("/1", None), "gap"), (("/5", 205), "complete"),
    ]  # fmt: skip


# limits and floods ----------------------------------------------------------------------------------------------------


def test_the_streams_of_a_connection_are_limited() -> None:
    talk = Http2Talk()
    for number in range(5):
        talk.request(1 + 2 * number, f"/{number}")
    decoded = decode2(talk, Limits(streams=3))
    assert decoded.endings == ["evicted"] * 2 + ["capture_end"] * 3
    assert odd(decoded) == {"too many streams": 2}


def test_continuation_frames_are_limited() -> None:
    talk = Http2Talk()
    block = talk.block(CLIENT, [(":method", "GET"), (":path", "/x"), ("x", "y" * 50)])
    frames = [frame(CONTINUATION, 0, 1, block[place : place + 1]) for place in range(1, len(block) - 1)]
    talk.send(
        CLIENT, frame(HEADERS, END_STREAM, 1, block[:1]), *frames, frame(CONTINUATION, END_HEADERS, 1, block[-1:])
    )
    decoded = decode2(talk.response(1).close(), Limits(continuations=10))
    assert decoded.pairs == [("(unknown)", 200)]
    assert odd(decoded) == {"too many CONTINUATION frames": 1}


def test_after_a_header_block_that_was_too_long_the_table_is_unknown() -> None:
    talk = Http2Talk().request(1, "/first").response(1)
    fields = [(":method", "GET"), (":path", "/second"), *((f"x{number}", "y" * 99) for number in range(20))]
    talk.send(CLIENT, talk.headers(CLIENT, 3, fields, end=True), size=500).response(3)
    decoded = decode2(talk.request(5, "/second").response(5).close(), Limits(header_bytes=1000))
    assert decoded.pairs == [("/first", 200), ("(unknown)", 200), ("(unknown)", 200)]


def test_header_blocks_are_limited() -> None:
    talk = Http2Talk().request(1, "/x", fields=[(f"x{number}", "y" * 999) for number in range(9)])
    decoded = decode2(talk.response(1).close(), Limits(header_bytes=1000))
    assert decoded.pairs == [("(unknown)", 200)]
    assert odd(decoded) == {"header block too long": 1}


def test_header_lists_are_limited() -> None:
    talk = Http2Talk().request(1, "/x", fields=[("x", "y" * 99)] * 30)
    decoded = decode2(talk.response(1).close(), Limits(header_bytes=1000))
    assert decoded.pairs == [("/x", 200)]
    assert odd(decoded) == {"header list too long": 1}
    assert decoded.exchanges[0].oddities == ("header list too long",)


def test_floods_are_named_once_a_second() -> None:
    resets = Http2Talk()
    for number in range(300):
        resets.send(CLIENT, resets.headers(CLIENT, 1 + 2 * number, [(":method", "GET"), (":path", "/")], end=True))
        resets.send(CLIENT, reset(1 + 2 * number))
    assert odd(decode2(resets))["rapid reset"] == 1
    for flood, name in ((settings() * 200, "SETTINGS flood"), (frame(6, 0, 0, bytes(8)) * 2000, "PING flood")):
        assert odd(decode2(Http2Talk().send(CLIENT, flood))) == {name: 1}
    empty = Http2Talk().request(1, body=b"").send(CLIENT, data(1, b"") * 2000)
    assert odd(decode2(empty))["empty frame flood"] == 1


def test_bytes_that_are_no_frames_are_named() -> None:
    talk = Http2Talk().request(1, "/1").response(1).send(CLIENT, b"GET / HTTP/1.1\r\n\r\n")
    decoded = decode2(talk.request(3, "/3").response(3).close())
    assert decoded.pairs == [("/1", 200), ("/3", 200)]
    assert odd(decoded) == {"not an HTTP/2 frame": 1}

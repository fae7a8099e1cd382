"""Heads and bodies as they were sent, which the core keeps for inspectors: HTTP/1, in the clear and in TLS."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from decoders import core_decoder, fed, finished
from hypothesis import given, settings
from hypothesis import strategies as st
from tls_peers import TlsTalk, decrypted
from websocket_frames import opening, switching
from wire import CLIENT, SERVER, Talk, chunked, get, ok

from capture.core import CORE
from traffic.content import Content
from traffic.frame import Frame
from traffic.frames import Frames
from traffic.health import Health
from traffic.limits import Limits
from traffic.records import Exchange, Record

NOT_KEPT = "content not kept"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
POSTED = b"POST /a?b=c HTTP/1.1\r\nHost: Example.com:8080\r\nContent-Length: 5\r\n\r\n"


def told(frames: Iterable[Frame], limits: Limits | None = None, *protocols: str) -> tuple[list[Record], Health]:
    """Return the records of frames with their contents; nothing may be held at the end."""
    made = core_decoder(*protocols, limits=limits, wanted=[Content])
    records = fed(made, frames) + finished(made)
    assert made.held == 0
    return records, made.health


def contents(talk: Talk, limits: Limits | None = None, *protocols: str) -> list[Content]:
    """Return the contents of a talk; each follows its exchange."""
    records, _ = told(talk.frames, limits, *protocols)
    for before, record in pairwise(records):
        assert not isinstance(record, Content) or isinstance(before, Exchange)
    return [record for record in records if isinstance(record, Content)]


def said(content: Content) -> tuple[bytes, bytes, bytes, bytes]:
    return content.request_head, content.request_body, content.response_head, content.response_body


@pytest.mark.parametrize("size", [1, 7, 1460])
def test_heads_and_bodies_are_those_that_were_sent(size: int) -> None:
    answer = HEAD + chunked([b"abc", b"defg"], b"Checked: yes\r\n")
    talk = Talk(segment_size=size).client(POSTED + b"hello").server(answer).close()
    (content,) = contents(talk)
    assert said(content) == (POSTED, b"hello", HEAD, b"abcdefg")
    assert (content.request_bytes, content.response_bytes, content.missing_bytes) == (5, 7, 0)
    ends = (content.client, content.client_port, content.server, content.server_port)
    assert ends == ("10.0.0.1", 40000, "10.0.0.2", 80)
    assert (content.host, content.path) == ("example.com", "/a")
    assert content.time == pytest.approx(1000.003)


def test_nothing_is_kept_for_nobody() -> None:
    made = core_decoder()
    records = fed(made, Talk().client(get()).server(ok()).frames)
    assert [type(record).__name__ for record in records] == ["Request", "Exchange"]


@pytest.mark.parametrize("size", [1, 7, 1460])
def test_pipelined_requests_have_contents_of_their_own(size: int) -> None:
    requests = [get(f"/{number}", method="POST", body=b"body %d" % number) for number in range(4)]
    responses = [ok(b"answer %d" % number) for number in range(4)]
    talk = Talk(segment_size=size).client(b"".join(requests)).server(b"".join(responses))
    found = contents(talk)
    assert [one.request_head + one.request_body for one in found] == requests
    assert [one.response_head + one.response_body for one in found] == responses


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (get(method="HEAD"), ok(b"")[:-1].replace(b"Content-Length: 0", b"Content-Length: 55") + b"\n"),
        (get(), b"HTTP/1.1 304 Not Modified\r\nETag: a\r\n\r\n"),
        (get(), b"HTTP/1.1 204 No Content\r\n\r\n"),
    ],
)
def test_a_response_without_a_body_has_only_a_head(request_: bytes, response: bytes) -> None:
    talk = Talk().client(request_).server(response).client(get("/next")).server(ok())
    first, second = contents(talk)
    assert said(first) == (request_, b"", response, b"")
    assert (second.path, second.response_body) == ("/next", b"hello")


def test_an_interim_response_is_not_the_response() -> None:
    talk = Talk().client(POSTED[:-2] + b"Expect: 100-continue\r\n\r\n")
    talk.server(b"HTTP/1.1 100 Continue\r\n\r\n").client(b"hello")
    talk.server(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n").server(ok())
    (content,) = contents(talk)
    assert (content.request_body, content.response_head + content.response_body) == (b"hello", ok())


def test_a_body_is_cut_at_its_limit() -> None:
    talk = Talk(segment_size=7).client(get(method="POST", body=b"a" * 99)).server(ok(b"b" * 10))
    (content,) = contents(talk, Limits(inspected_body=10))
    assert (content.request_body, content.request_bytes) == (b"a" * 10, 99)
    assert (content.response_body, content.response_bytes) == (b"b" * 10, 10)
    (heads,) = contents(talk, Limits(inspected_body=0))
    assert (heads.request_body, heads.response_body, heads.response_head) == (b"", b"", ok(b"b" * 10)[:-10])


def test_nothing_is_kept_after_a_gap() -> None:
    talk = Talk().client(get()).server(ok(b"a" * 30)[:-20])
    talk.server(b"a" * 10, lost=True).server(b"a" * 10).close()
    (content,) = contents(talk)
    assert (content.response_body, content.response_bytes, content.missing_bytes) == (b"a" * 10, 30, 10)


def test_an_unanswered_request_and_a_lone_response_have_contents() -> None:
    (asked,) = contents(Talk().client(POSTED + b"he").close())
    assert said(asked) == (POSTED, b"he", b"", b"")
    (answered,) = contents(Talk().client(get(), lost=True).server(ok()).close())
    assert (answered.request_head, answered.response_head + answered.response_body) == (b"", ok())
    assert (answered.host, answered.path) == ("", "")
    assert answered.time == pytest.approx(1000.004)


def test_a_cut_head_is_kept_as_far_as_it_came() -> None:
    cut = b"GET /cut HTTP/1.1\r\nHost: example.com\r\nCookie: a"
    (content,) = contents(Talk().client(cut).client(b"bc\r\n\r\n", lost=True).server(ok()).close())
    assert (content.request_head, content.path) == (cut, "/cut")


def test_an_answer_without_a_head_is_a_body() -> None:
    (content,) = contents(Talk().client(b"GET /old\r\n").server(b"<html>\r\nold").close())
    assert said(content) == (b"GET /old\r\n", b"", b"", b"<html>\r\nold")
    assert content.response_bytes == 11


def test_of_a_websocket_only_the_heads_are_kept() -> None:
    talk = Talk().client(opening()).server(switching()).client(b"\x81\x02hi").server(b"\x81\x02ho").close()
    for protocols in ((), ("websocket",)):
        (content,) = contents(talk, None, *protocols)
        assert said(content) == (opening(), b"", switching(), b"")
        assert (content.request_bytes, content.response_bytes) == (0, 0)


def test_a_tunnel_has_only_heads() -> None:
    asked = b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"
    (content,) = contents(Talk().client(asked).server(b"HTTP/1.1 200 OK\r\n\r\n").client(b"xyz").server(b"abc"))
    assert said(content) == (asked, b"", b"HTTP/1.1 200 OK\r\n\r\n", b"")
    assert content.host == "a.example"


def test_an_upgrade_to_http2_keeps_the_request() -> None:
    asked = get("/up", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    switched = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    (content,) = contents(Talk().client(asked).server(switched).close(), None, "http2")
    assert said(content) == (asked, b"", b"", b"")


# one talk in any pieces -----------------------------------------------------------------------------------------------

BODIES = st.binary(max_size=40)


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[bytes, bytes, tuple[bytes, bytes, bytes, bytes]]:
    """Return a request and a response as sent, and what is to be kept of them."""
    asked, answered = draw(BODIES), draw(BODIES)
    head = b"POST /%d HTTP/1.1\r\nHost: a\r\nX: %b\r\n" % (draw(st.integers(0, 99)), b"y" * draw(st.integers(0, 40)))
    line = b"HTTP/1.1 200 OK\r\n"
    sent, received = framed(draw(st.booleans()), asked), framed(draw(st.booleans()), answered)
    parts = (head + sent[0], asked, line + received[0], answered)
    return head + sent[0] + sent[1], line + received[0] + received[1], parts


def framed(in_chunks: bool, body: bytes) -> tuple[bytes, bytes]:
    """Return the last field with the end of the head, and the body as sent."""
    if in_chunks:
        parts = [part for part in (body[:3], body[3:]) if part]
        return b"Transfer-Encoding: chunked\r\n\r\n", chunked(parts)
    return b"Content-Length: %d\r\n\r\n" % len(body), body


@pytest.mark.skipif(CORE is None, reason="the core is not built: make fast")
@settings(max_examples=60, deadline=None)
@given(st.lists(exchanges(), min_size=1, max_size=4), st.integers(1, 60), st.integers(1, 60), st.booleans())
def test_any_split_gives_the_same_contents(
    talked: list[tuple[bytes, bytes, tuple[bytes, bytes, bytes, bytes]]], one: int, other: int, pipelined: bool
) -> None:
    talk = Talk()
    if pipelined:
        talk.client(b"".join(asked for asked, _, _ in talked), one)
        talk.server(b"".join(answer for _, answer, _ in talked), other)
    else:
        for asked, answer, _ in talked:
            talk.client(asked, one).server(answer, other)
    assert [said(content) for content in contents(talk)] == [parts for *_, parts in talked]


# inside TLS ----------------------------------------------------------------------------------------------------------


def test_what_was_decrypted_is_kept_too(tmp_path: Path) -> None:
    talk = TlsTalk(tmp_path).client(get("/pay", method="POST", body=b"p" * 20_000)).server(ok(b"r" * 40_000))
    talk.notify(SERVER).notify(CLIENT).close()
    decoded = decrypted(talk, wanted=frozenset({Content}))
    (content,) = [record for record in decoded.records if isinstance(record, Content)]
    assert (content.request_body, content.response_body) == (b"p" * 20_000, b"r" * 40_000)
    assert decoded.held == 0


# limits --------------------------------------------------------------------------------------------------------------


def test_contents_leave_half_of_the_buffer_to_others() -> None:
    talks = [
        Talk(client_port=port, time=1000 + port / 1e5).client(get("/" + "p" * 900)).client(b"GET / HT")
        for port in range(40000, 40100)
    ]
    frames = sorted((frame for talk in talks for frame in talk.frames), key=lambda frame: frame.time)
    records, health = told(frames, Limits(total_buffer=100_000, connections=1000))
    assert 0 < sum(isinstance(record, Content) for record in records) < 100
    assert health.oddities[NOT_KEPT] > 0
    assert health.requests == 100, "all heads are read"


def test_contents_that_wait_push_out_only_contents() -> None:
    talk = Talk()
    for number in range(20):
        talk.client(get(f"/{number}")).server(ok(b"b" * 10_000))
    records, health = told(talk.frames, Limits(waiting_content=50_000, waiting_records=40))
    kept = [record.path for record in records if isinstance(record, Content)]
    assert kept == ["/0", "/1", "/2", "/3"]
    assert sum(isinstance(record, Exchange) for record in records) == 20
    assert (health.oddities[NOT_KEPT], health.lost) == (16, 0)


def test_waiting_contents_count_for_whoever_waits_for_a_batch() -> None:
    made = core_decoder(wanted=[Content])
    made.feed(Frames.of(Talk().client(get()).server(ok(b"b" * 1000)).frames))
    assert 1000 < made.waiting_characters < 3000
    batch = made.take()
    assert (len(batch), len(batch.table(Content)), made.waiting_characters) == (3, 1, 0)
    assert batch.table(Content).records() == batch.records()[2:] == batch.table(Content).records()

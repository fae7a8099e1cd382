"""What wears out a server is told while the connection is open, and what only takes long is not."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from decoders import advanced, core_decoder, fed
from http2_wire import (
    ACKNOWLEDGEMENT,
    CONTINUATION,
    HEADERS,
    PING,
    PRIORITY,
    RST_STREAM,
    WINDOW_UPDATE,
    Http2Talk,
    data,
    frame,
    reset,
    settings,
)
from tls_peers import TlsTalk, decoder
from tls_wire import client_hello, named, server_hello
from wire import ACK, CLIENT, RST, SERVER, SYN, Talk, get, ok

from run.decoding import decoder_for
from traffic.frame import Frame
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.records import (
    ABANDONED,
    HALF_OPEN,
    REFUSED,
    SLOW_BODY,
    SLOW_HANDSHAKE,
    SLOW_HEAD,
    SLOW_READ,
    Strain,
    TlsHandshake,
)

PROTOCOLS = ("http2", "websocket", "operations", "tls")
HEAD = b"POST /form HTTP/1.1\r\nHost: example.com\r\nContent-Length: 100000\r\n\r\n"


def told(talks: Iterable[Talk], *kinds: type, until: float = 60.0) -> list[Strain]:
    """Return the strain in talks that go on at the same time; `kinds` are wanted, too."""
    made = core_decoder(*PROTOCOLS, ports={80, 443}, wanted={Strain, *kinds})
    frames: list[Frame] = sorted((frame for talk in talks for frame in talk.frames), key=lambda frame: frame.time)
    found = fed(made, frames)
    for second in range(int(frames[-1].time) + 1, int(1000.0 + until)):
        made.advance(float(second))
        found += made.take().records()
    return [each for each in found if isinstance(each, Strain)]


def kinds(strain: list[Strain]) -> set[str]:
    return {each.kind for each in strain}


def dribbled(first: bytes, drop: bytes, seconds: float = 40.0, every: float = 3.0) -> Talk:
    """A client that sends something, and then a little more every few seconds."""
    talk = Talk().client(first)
    while talk.time < 1000.0 + seconds:
        talk.wait(every).client(drop).send(SERVER)
    return talk


# HTTP/1 ---------------------------------------------------------------------------------------------------------------


def test_a_head_that_does_not_end_is_told_every_five_seconds() -> None:
    strain = told([dribbled(b"GET / HTTP/1.1\r\nHost: example.com\r\n", b"X-a: b\r\n")], until=42.0)
    assert kinds(strain) == {SLOW_HEAD}
    first = strain[0]
    assert (first.client, first.client_port, first.server, first.server_port) == ("10.0.0.1", 40000, "10.0.0.2", 80)
    assert first.since == pytest.approx(1000.0, abs=0.1)
    assert 10 <= first.time - first.since <= 15.2
    assert 5 <= len(strain) <= 7
    assert strain[-1].bytes > first.bytes > 40


def test_a_body_that_hardly_goes_on_is_told() -> None:
    strain = told([dribbled(HEAD, b"a=1&")], until=42.0)
    assert kinds(strain) == {SLOW_BODY}
    assert 10 <= strain[0].time - strain[0].since <= 15.2
    assert kinds(
        told([dribbled(HEAD.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked"), b"1\r\na\r\n")])
    ) == {SLOW_BODY}


def test_a_body_that_began_fast_is_told_once_it_is_slow() -> None:
    assert kinds(told([dribbled(HEAD + bytes(60_000), b"x")])) == {SLOW_BODY}


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(Talk(), id="a connection opened in reserve"),
        pytest.param(Talk().client(get()).server(ok()), id="a connection kept alive"),
        pytest.param(Talk().client(get("/poll")), id="a long poll"),
        pytest.param(
            Talk().client(get()).server(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"),
            id="a stream of events",
        ),
        pytest.param(dribbled(HEAD, bytes(1500), every=1.0), id="a thin line"),
        pytest.param(Talk().client(HEAD).server(ok(status=403)), id="a body that was refused"),
        pytest.param(
            Talk().client(HEAD.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")),
            id="a body that is not wanted yet",
        ),
        pytest.param(Talk().client(b"GET / HTTP/1.1\r\n").wait(8).client(b"\r\n"), id="a head in parts"),
    ],
)
def test_what_only_takes_long_is_no_strain(talk: Talk) -> None:
    assert told([talk], until=41.0) == []


# windows --------------------------------------------------------------------------------------------------------------


def read_slowly(window: int, every: float = 4.0, seconds: float = 40.0, scale: bool = False) -> Talk:
    """A client whose window is full after the first part of a long response; each time it reads a few bytes more."""
    talk = Talk()
    talk.client(get("/big")).server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(20_000))
    while talk.time < 1000.0 + seconds:
        talk.wait(every).send(CLIENT, window=window)
        if window:
            talk.server(bytes(window))
    return talk


@pytest.mark.parametrize("window", [0, 30])
def test_a_response_that_is_hardly_read_is_told(window: int) -> None:
    strain = told([read_slowly(window)], until=40.0)
    assert kinds(strain) == {SLOW_READ}
    assert 10 <= strain[0].time - 1000.0 <= 25
    assert strain[-1].since < strain[-1].time - 20


def test_a_response_that_is_read_is_no_strain() -> None:
    assert told([read_slowly(5000, every=1.0)], until=41.0) == []
    full_after_all = Talk().client(get()).server(ok(bytes(1000))).send(CLIENT, window=0)
    assert told([full_after_all]) == []  # nothing waits


def test_a_server_that_does_not_read_is_not_the_clients_fault() -> None:
    talk = Talk().client(HEAD + bytes(1000)).send(SERVER, window=0)
    assert told([talk]) == []


# TLS ------------------------------------------------------------------------------------------------------------------


def test_a_handshake_in_which_the_client_does_not_go_on_is_told() -> None:
    hello = client_hello(named(b"example.com"))
    begun = Talk(server_port=443).client(hello[:40])
    answered = Talk(server_port=443, client_port=40001).client(hello).server(server_hello(b"\x13\x01"))
    unanswered = Talk(server_port=443, client_port=40002).client(hello)
    strain = told([begun, answered, unanswered], TlsHandshake)
    assert kinds(strain) == {SLOW_HANDSHAKE}
    assert {each.client_port for each in strain} == {40000, 40001}  # the server is slow to answer the third
    assert told([begun, answered]) == []  # followed only if their records are wanted


def test_a_head_inside_tls_that_does_not_end_is_told(tmp_path: Path) -> None:
    talk = TlsTalk(tmp_path)
    begun = talk.time
    talk.client(b"GET / HTTP/1.1\r\n").wait(8).client(b"a: b\r\n")
    inside = decoder(keys=talk.keys, wanted=frozenset({Strain}))
    fed(inside, talk.frames)
    found = [each for second in range(40) for each in advanced(inside, begun + second) if isinstance(each, Strain)]
    assert kinds(found) == {SLOW_HEAD}
    assert (found[0].client, found[0].server_port) == (talk.addresses[0], talk.server_port)
    assert 10 <= found[0].time - begun <= 16


# TCP handshakes -------------------------------------------------------------------------------------------------------


def syn(number: int, client: str = "203.0.113.9", server: str = "10.0.0.2", port: int = 80) -> Talk:
    """The first two segments of a handshake, one for each number."""
    talk = Talk(client_port=20_000 + number % 40_000, server_port=port, addresses=(client, server), handshake=False)
    talk.time, talk.next = 1000.0 + number * 0.001, [1000, 5000]
    return talk.send(CLIENT, flags=SYN).send(SERVER, flags=SYN | ACK)


def test_connections_that_nobody_completes_are_told_by_client_and_server() -> None:
    strain = told([syn(number) for number in range(100)] + [Talk()])
    assert kinds(strain) == {HALF_OPEN}
    assert {(each.client, each.server, each.server_port) for each in strain} == {("203.0.113.9", "10.0.0.2", 80)}
    assert sum(each.amount for each in strain) == 100
    assert strain[0].time - 1000.0 < 7


def test_clients_beyond_number_are_told_together() -> None:
    strain = told([syn(number, client=f"203.0.{number >> 8}.{number & 255}") for number in range(1000)])
    assert sum(each.amount for each in strain) == 1000
    assert "" in {each.client for each in strain}
    assert len(strain) < 1000


def test_a_scan_is_told_by_its_resets() -> None:
    answered, refused = syn(1).send(CLIENT, flags=RST), syn(2)
    refused.segments[1:] = []
    refused.send(SERVER, flags=RST | ACK)
    strain = told([answered, refused])
    assert sorted((each.kind, each.amount) for each in strain) == [(ABANDONED, 1), (REFUSED, 1)]
    assert {each.server for each in strain} == {"10.0.0.2"}


# HTTP/2 ---------------------------------------------------------------------------------------------------------------


def flooded(talk: Http2Talk) -> list[tuple[str, str]]:
    return [(each.kind, each.client) for each in told([talk.talk], until=3.0)]


def rapid_resets() -> Http2Talk:
    talk = Http2Talk()
    for number in range(1, 400, 2):
        talk.request(number).send(CLIENT, reset(number))
    return talk


def provoked_resets() -> Http2Talk:
    talk = Http2Talk()
    for number in range(1, 400, 2):
        talk.request(number).send(SERVER, reset(number, 1))
    return talk


def client_sends(*frames: bytes) -> Http2Talk:
    return Http2Talk().send(CLIENT, *frames)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (rapid_resets, "rapid reset"),
        (provoked_resets, "provoked reset"),
        (lambda: client_sends(settings() * 150), "SETTINGS flood"),
        (lambda: client_sends(frame(PING, 0, 0, bytes(8)) * 1500), "PING flood"),
        (lambda: client_sends(frame(PRIORITY, 0, 3, bytes(5)) * 1500), "PRIORITY flood"),
        (lambda: client_sends(frame(HEADERS, 0, 1, b"\x82"), frame(CONTINUATION, 0, 1) * 150), "CONTINUATION flood"),
    ],
)
def test_a_flood_of_frames_is_told_with_its_client(make: Callable[[], Http2Talk], kind: str) -> None:
    assert flooded(make()) == [(kind, "10.0.0.1")]


def test_a_server_that_floods_is_not_the_clients_fault() -> None:
    assert flooded(Http2Talk().send(SERVER, frame(PING, 0, 0, bytes(8)) * 1500)) == []


def test_slow_requests_of_one_connection_are_counted() -> None:
    talk = Http2Talk()
    for number in range(1, 60, 2):
        talk.send(CLIENT, talk.headers(CLIENT, number, [(":method", "POST"), (":path", "/"), (":authority", "a")]))
        talk.send(CLIENT, data(number, b"x"))
    call = [(":method", "POST"), (":path", "/a.B/C"), (":authority", "a"), ("content-type", "application/grpc")]
    talk.send(CLIENT, talk.headers(CLIENT, 61, call))
    strain = told([talk.talk], until=25.0)
    assert {(each.kind, each.amount) for each in strain} == {(SLOW_BODY, 30)}


def test_a_header_block_that_does_not_end_is_told() -> None:
    assert kinds(told([client_sends(frame(HEADERS, 0, 1, b"\x82")).talk])) == {SLOW_HEAD}
    assert kinds(told([client_sends(frame(HEADERS, 0, 1, bytes(50))[:20]).talk])) == {SLOW_HEAD}
    assert told([client_sends(frame(RST_STREAM, 0, 1, bytes(4))).talk]) == []


def responding(first: bytes = b"", *allowed: bytes) -> Http2Talk:
    """Two requests whose responses go on, after SETTINGS or other frames of the client."""
    talk = Http2Talk().send(CLIENT, *allowed, ACKNOWLEDGEMENT)
    for stream in (1, 3):
        talk.request(stream)
        talk.send(SERVER, talk.headers(SERVER, stream, [(":status", "200")]))
        for at in range(0, len(first), 16_000):
            talk.send(SERVER, data(stream, first[at : at + 16_000]))
    return talk


def update(stream: int, size: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, size.to_bytes(4, "big"))


def test_responses_that_wait_for_windows_are_told() -> None:
    closed = told([responding(b"", settings((4, 0))).talk], until=40.0)
    assert {(each.kind, each.amount, each.client) for each in closed} == {(SLOW_READ, 2, "10.0.0.1")}
    assert 10 <= closed[0].time - 1000.0 <= 25
    dribbling = responding(bytes(32_000))  # 1,535 bytes are left
    dribbling.send(SERVER, data(1, bytes(1500)))
    for _ in range(8):
        dribbling.talk.wait(5)
        dribbling.send(CLIENT, update(0, 10)).send(SERVER, data(1, bytes(10)))
    assert {(each.kind, each.amount) for each in told([dribbling.talk], until=45.0)} == {(SLOW_READ, 2)}


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(responding(bytes(1000)), id="streams of events"),
        pytest.param(responding(bytes(60_000), update(0, 1_000_000), settings((4, 1_000_000))), id="large windows"),
        pytest.param(responding(b"", settings((4, 0))).send(CLIENT, update(1, 999), update(3, 999)), id="opened later"),
        pytest.param(responding(b"", settings((4, 0))).send(CLIENT, settings((4, 999))), id="opened by SETTINGS"),
        pytest.param(
            responding(b"", settings((4, 0))).send(SERVER, data(1, b"", end=True), data(3, b"", end=True)), id="ended"
        ),
    ],
)
def test_responses_for_which_there_is_room_are_no_strain(talk: Http2Talk) -> None:
    assert told([talk.talk], until=40.0) == []


def test_windows_are_unknown_after_a_loss() -> None:
    talk = responding(b"", settings((4, 0))).send(CLIENT, frame(PING, 0, 0, bytes(8)), lost=True)
    talk.send(CLIENT, frame(PING, 0, 0, bytes(8))).talk.send(SERVER)
    assert told([talk.talk], until=40.0) == []


# limits ---------------------------------------------------------------------------------------------------------------


def test_records_of_strain_are_bounded_like_all_others() -> None:
    made = core_decoder(wanted={Strain}, limits=Limits(waiting_records=5))
    talks = [dribbled(b"GET / HTTP/1.1\r\n", b"a: b\r\n") for _ in range(9)]
    for number, talk in enumerate(talks):
        talk.client_port += number
    found = fed(made, sorted((frame for talk in talks for frame in talk.frames), key=lambda frame: frame.time))
    assert (len(found), made.health.lost > 0) == (5, True)


def test_nothing_is_told_unless_it_is_wanted() -> None:
    made = core_decoder(*PROTOCOLS)
    assert fed(made, dribbled(b"GET / HTTP/1.1\r\n", b"a: b\r\n").frames) == []


def test_several_threads_tell_the_same_connections() -> None:
    talks = [dribbled(b"GET / HTTP/1.1\r\n", b"a: b\r\n") for _ in range(20)]
    for number, talk in enumerate(talks):
        talk.client_port += number
    frames = sorted((frame for talk in talks for frame in talk.frames), key=lambda frame: frame.time)
    core_decoder()  # skips if there is no core
    decoders = decoder_for(frozenset({80}), Limits(), frozenset({Strain}), threads=3)
    decoders.feed(Frames.of(frames))
    decoders.finish()
    table = decoders.take().table(Strain)
    assert {each.client_port for each in table.records()} == set(range(40000, 40020))
    assert sorted(table.numbers("time")) == [*table.numbers("time")]

"""The decoder as a whole: batches do not matter, ports are respected, and no input breaks it."""

from random import Random

import pytest
from conversations import MIXES, Conversation
from decoders import advanced, decoder, fed, finished
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import CLIENT, SERVER, Talk, decode, ethernet, get, ip, ipv4_fragments, ok

from traffic.frame import Frame
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.records import RESET, TIMEOUT, Exchange, Record

pytestmark = pytest.mark.usefixtures("each_decoder")

LINK_TYPES = (0, 1, 9, 12, 50, 51, 101, 105, 108, 113, 127, 228, 229, 239, 276, 65535)
TIGHT = Limits(
    connections=20, pending_requests=5, header_bytes=300, headers=5, connection_buffer=2000, total_buffer=20_000,
    held_segments=8,
)  # fmt: skip
often = settings(max_examples=300, derandomize=True)


def test_batch_boundaries_do_not_matter() -> None:
    frames = Conversation(Random(5), MIXES).talk.frames
    one = decoder()
    records: list[Record] = []
    for frame in frames:
        records += fed(one, [frame])
        records += fed(one, [])
    assert records + finished(one) == decode(frames).records


def test_only_monitored_ports_are_decoded() -> None:
    talk = Talk(server_port=8080).client(get()).server(ok())
    assert decode(talk.frames, ports=[80]).records == []
    assert len(decode(talk.frames, ports=[8080]).exchanges) == 1


def test_records_come_as_soon_as_they_are_complete() -> None:
    talk = Talk().client(get()).server(ok())
    one = decoder()
    assert fed(one, talk.frames[:3]) == []
    assert len(fed(one, talk.frames[3:4])) == 1
    assert len(fed(one, talk.frames[4:])) == 1


def test_records_wait_until_they_are_taken() -> None:
    one = decoder()
    one.feed(Frames.of(Talk().client(get()).server(ok()).frames))
    assert one.waiting == 2
    batch = one.take()
    assert (len(batch), len(batch.table(Exchange))) == (2, 1)
    assert (one.waiting, len(one.take())) == (0, 0)


def test_the_end_of_the_capture_may_come_in_parts() -> None:
    """Open connections hold requests without a response; all of them at once would need too much memory."""
    frames = [frame for port in range(1, 9) for frame in Talk(client_port=port).client(get() * 3).frames]
    one, records, parts = decoder(), list[Record](), 0
    records += fed(one, frames)
    ended = False
    while not ended:
        ended = one.finish(4)
        assert one.waiting <= 6
        records += one.take().records()
        parts += 1
    assert records == decode(frames).records
    assert parts == 5
    assert one.finish()
    assert len(one.take()) == 0


@pytest.mark.parametrize(
    ("limits", "kept"), [(Limits(waiting_records=3), 3), (Limits(waiting_characters=len("/1example.com/")), 2)]
)
def test_once_a_record_does_not_fit_all_are_lost_until_the_others_are_taken(limits: Limits, kept: int) -> None:
    one = decoder(limits=limits)
    one.feed(Frames.of(Talk().client(get("/1")).server(ok()).client(get("/longer")).server(ok()).frames))
    assert len(one.take()) == kept
    assert one.health.lost == 4 - kept
    assert len(fed(one, Talk(client_port=40001, time=1001.0).client(get("/2")).server(ok()).frames)) == 2


def test_health_is_a_snapshot() -> None:
    one = decoder()
    before = one.health
    fed(one, Talk().client(get()).frames)
    assert (before.frames, one.health.frames) == (0, 4)


def test_time_passes_without_frames() -> None:
    one = decoder(limits=Limits(connection_timeout=300))
    fed(one, Talk().client(get()).frames)
    assert advanced(one, 1200.0) == []
    (exchange,) = advanced(one, 1301.0)
    assert isinstance(exchange, Exchange)
    assert exchange.ending == TIMEOUT


def test_a_connection_that_ended_while_waiting_does_not_block_others() -> None:
    waits = Talk(time=2000.0).client(get("/1"), lost=True).server(ok())
    again = Talk(time=2000.1, first=(90000, 95000))
    resets = Talk(time=1999.0, client_port=40001).client(get("/2")).reset(CLIENT)
    one = decoder()
    fed(one, [*waits.frames, *again.frames, *resets.frames])
    ended = [record for record in advanced(one, 2000.5) if isinstance(record, Exchange)]
    assert [exchange.ending for exchange in ended] == [RESET]


def test_segments_in_ip_fragments() -> None:
    talk = Talk(segment_size=600).client(get("/" + "x" * 500)).server(ok(b"y" * 1000))
    frames = []
    for number, frame in enumerate(talk.frames):
        frames += [ethernet(frame.time, part) for part in ipv4_fragments(frame.data[14:], 64, number)]
    assert decode(frames).said == decode(talk.frames).said


@pytest.mark.parametrize("link_type", LINK_TYPES)
@given(frames=st.lists(st.binary(max_size=120), max_size=20))
@settings(max_examples=40, derandomize=True)
def test_any_bytes_as_frames(link_type: int, frames: list[bytes]) -> None:
    decoded = decode([Frame(1000.0 + n, link_type, frame, len(frame)) for n, frame in enumerate(frames)], TIGHT)
    assert decoded.health.frames == len(frames)
    assert decoded.held == 0


@given(seed=st.integers(0, 2**32), limits=st.sampled_from([Limits(), TIGHT]))
@often
def test_any_change_of_good_frames(seed: int, limits: Limits) -> None:
    chance = Random(seed)
    frames = []
    for frame in Conversation(chance, MIXES).talk.frames:
        octets = bytearray(frame.data)
        for _ in range(chance.choice([0, 0, 1, 3])):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        frames.append(
            frame._replace(data=bytes(octets[: chance.choice([len(octets), chance.randint(0, len(octets))])]))
        )
    chance.shuffle(frames)
    decoded = decode(frames, limits)
    assert decoded.health.frames == len(frames)
    assert decoded.held == 0


@given(parts=st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.binary(min_size=1, max_size=80)), max_size=30))
@often
def test_any_bytes_as_streams(parts: list[tuple[int, bytes]]) -> None:
    talk = Talk()
    for side, octets in parts:
        talk.say(side, octets)
    assert decode(talk.frames, TIGHT).held == 0


LINES = [
    b"GET / HTTP/1.1\r\n",
    b"Host: x\r\n",
    b"\r\n",
    b"\n",
    b" ",
    b":",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 100 C\r\n\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 5,6\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"5\r\nabcde\r\n",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"CONNECT h:1 HTTP/1.1\r\n\r\n",
    b"HEAD / HTTP/1.1\r\n\r\n",
    b"Upgrade: websocket\r\n",
    b"HTTP/1.1 101 S\r\n\r\n",
    b"\x16\x03\x01\x00\x10",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"hello",
    b"GET /\r\n",
]


@given(seed=st.integers(0, 2**32), limits=st.sampled_from([Limits(), TIGHT]))
@often
def test_any_mix_of_http_lines_with_anything_lost(seed: int, limits: Limits) -> None:
    chance = Random(seed)
    talk = Talk(handshake=chance.random() < 0.7)
    for _ in range(chance.randint(1, 20)):
        said = b"".join(chance.choices(LINES, k=chance.randint(1, 5)))
        talk.say(chance.choice([CLIENT, SERVER]), said, chance.choice([0, 1, 7]), lost=chance.random() < 0.1)
        if chance.random() < 0.05:
            chance.choice([talk.fin, talk.reset])(chance.choice([CLIENT, SERVER]))
        talk.wait(chance.choice([0, 0, 0.5, 3]))
    decoded = decode(talk.frames, limits)
    assert decoded.held == 0
    answered = [exchange.request for exchange in decoded.exchanges if exchange.request is not None]
    assert sorted(answered) == sorted(decoded.requests)


def test_packets_other_than_tcp_are_ignored() -> None:
    assert decode([ethernet(1.0, ip("10.0.0.1", "10.0.0.2", b"x" * 30, protocol=17))]).records == []

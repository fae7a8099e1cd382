"""The core and the reference agree on every record, column, counter and buffer size at any time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from catalogue_traffic import everything
from conversations import MIXES, PIPELINES, WAITS, Conversation, repeated, shuffled, with_losses
from encapsulations import LINKS, REQUEST, TUNNELS, ipv4, ipv6, tcp, udp
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import Talk, get, ipv4_fragments, ok

from capture.errors import CaptureError
from capture.inner_ip import inner_ip
from capture.open import open_file
from traffic.batch import TEXTS, RecordBatch
from traffic.decoder import Decoder
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding
from traffic.forwarding import CLIENT_FIELDS
from traffic.frame import LINKTYPE_RAW, Frame
from traffic.frames import Frames
from traffic.limits import Limits

from .attacks import ATTACKS
from .difference import BOTH, HAS_CORE, TAKE, WHY_NOT, DifferError, Step, between_tables, compare, steps_of
from .frames import timed
from .fuzz_both import LIMITS, both_talks, corpus
from .strange_talk import strange_talk

pytestmark = pytest.mark.skipif(not HAS_CORE, reason=WHY_NOT)

seeds = st.integers(0, 2**32)
often = settings(max_examples=120, derandomize=True)
FRAMES_OF_A_CAPTURE = 2000
"""More frames reveal little and take long."""


def cut_up(chance: Random, frames: list[Frame]) -> Iterator[Step]:
    """Yield batches of any size, some empty, mixed with elapsed or reversed time and taken records."""
    while frames:
        size = chance.choice((0, 1, 2, 5, 40))
        batch, frames = frames[:size], frames[size:]
        yield Frames.of(batch)
        if batch and chance.random() < 0.1:
            yield batch[-1].time + chance.choice((-100.0, 0.0, 0.5, 1.2, 5.5, 700.0))
        if chance.random() < 0.3:
            yield TAKE


def with_odd_clocks(chance: Random, frames: Iterable[Frame]) -> list[Frame]:
    """Return frames whose times jump back and forth."""
    made, offset = [], 0.0
    for frame in frames:
        offset += chance.choice((*(0.0,) * 30, -0.2, 0.2, 1.5, -5.0, 40.0, -700.0, 700.0))
        made.append(frame._replace(time=frame.time + offset))
    return made


def cut_short(chance: Random, frames: Iterable[Frame]) -> list[Frame]:
    """Return frames some of which were truncated by the capture."""
    return [
        frame._replace(data=frame.data[: chance.randint(0, len(frame.data))]) if chance.random() < 0.1 else frame
        for frame in frames
    ]


def raw(packets: Iterable[bytes]) -> list[Frame]:
    return [Frame(1000 + 0.001 * n, LINKTYPE_RAW, packet, len(packet)) for n, packet in enumerate(packets)]


def ways(frame: bytes, link_type: int) -> Iterator[Frame]:
    """Yield a frame complete, truncated at each of its first 140 bytes, and with each of these bytes inverted."""
    whole = Frame(1000.0, link_type, frame, len(frame))
    yield whole
    for place in range(min(len(frame), 140)):
        yield whole._replace(data=frame[:place])
        yield whole._replace(data=frame[:place] + bytes([frame[place] ^ 0xFF]) + frame[place + 1 :])


@pytest.mark.skipif(not corpus(), reason="the corpus is not there")
def test_agreement_on_the_corpus() -> None:
    assert sum(compare(in_capture(path), inner_ip=inner_ip) for path in corpus()) > 5000


def in_capture(path: Path) -> Iterator[Step]:
    try:
        source = open_file(str(path))
        read = iter(source.read, None)
        yield from steps_of(islice((frame for batch in read for frame in batch), FRAMES_OF_A_CAPTURE))
    except CaptureError:
        return  # the frames before the damage were compared
    source.close()


@pytest.mark.parametrize("packet", [ipv4(6, tcp(50000, 80)), ipv6(6, tcp(50000, 80))], ids=["IPv4", "IPv6"])
def test_agreement_on_every_encapsulation_truncated_and_changed_anywhere(packet: bytes) -> None:
    cases = [*LINKS.values(), *((1, wrap) for wrap in TUNNELS.values())]
    for link_type, wrap in cases:
        compare(steps_of(ways(wrap(packet), link_type), 50))


def test_agreement_on_datagrams_and_their_content() -> None:
    quic = b"\xc3\x00\x00\x00\x01\x08" + bytes(1200)
    answer = bytes.fromhex("0001818000010001000000000161016200000100010161016200000100010000000a00040a000001")
    packets = [ipv4(17, udp(50000, 443, quic)), ipv6(17, udp(53, 40000, answer)), ipv4(17, udp(53, 40000, answer))]
    for packet in packets:
        compare(steps_of(ways(packet, LINKTYPE_RAW), 50))


@given(seed=seeds)
@often
def test_agreement_on_fragments_in_any_order(seed: int) -> None:
    chance = Random(seed)
    packets = [ipv4(6, tcp(50000 + n % 3, 80, 1 + n // 3, payload=REQUEST * 9)) for n in range(6)]
    parts = [
        part for packet in packets for part in ipv4_fragments(packet, 8 * chance.randint(1, 20), chance.randint(1, 3))
    ]
    chance.shuffle(parts)
    frames = with_odd_clocks(chance, cut_short(chance, raw(parts)))
    compare(cut_up(chance, frames), chance.choice(LIMITS))


@given(seeds, st.sampled_from([WAITS, PIPELINES, MIXES]))
@often
def test_agreement_on_lossy_reordered_and_repeated_conversations(seed: int, in_one_go: tuple[int, int]) -> None:
    chance = Random(seed)
    talk = Conversation(chance, in_one_go).talk
    segments = with_losses(chance, talk.segments) if chance.random() < 0.7 else talk.segments
    segments = repeated(chance, segments) if chance.random() < 0.5 else segments
    frames = talk.as_captured(shuffled(chance, segments, chance.choice([1, 3, 8])))
    frames = cut_short(chance, frames) if chance.random() < 0.3 else frames
    frames = with_odd_clocks(chance, frames) if chance.random() < 0.3 else frames
    compare(cut_up(chance, frames), chance.choice(LIMITS), BOTH if chance.random() < 0.5 else frozenset())


@pytest.mark.parametrize("start", range(0, 1000, 250))
def test_agreement_on_unusual_connections(start: int) -> None:
    for seed in range(start, start + 250):
        both_talks(strange_talk(Random(seed)))


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.binary(max_size=60)), max_size=12))
@often
def test_agreement_on_arbitrary_bytes(said: list[tuple[int, bytes]]) -> None:
    both_talks(b"\4\3" + b"".join(bytes([side, 0, 0, len(data)]) + data for side, data in said))


nodes = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: f'"[{address}%eth0]:80"'),
    st.text("0123456789abcdef.:[]%\"'\\;=_ ", max_size=30),
    st.sampled_from(["10.0.0.3", "::ffff:10.0.0.3", "unknown", "_x", "", "by=1;for=192.0.2.1", 'for=10.0.0.3;a="b']),
)
lines = st.tuples(st.sampled_from(CLIENT_FIELDS), st.lists(nodes, max_size=4).map(",".join))


@given(st.lists(lines, max_size=4))
@settings(max_examples=400, derandomize=True)
def test_agreement_on_clients_that_proxies_name(named: list[tuple[bytes, str]]) -> None:
    fields = [f"{name.decode()}: {value}" for name, value in named]
    talk = Talk().client(get("/", *fields)).server(ok()).close()
    assert compare(steps_of(talk.frames), Limits(trusted_proxies=("10.0.0.0/8",))) > 1


@given(st.sampled_from([b"PROXY TCP4 ", b"PROXY TCP6 ", b"\r\n\r\n\0\r\nQUIT\n"]), st.binary(max_size=60), nodes)
@settings(max_examples=400, derandomize=True)
def test_agreement_on_headers_of_the_proxy_protocol(start: bytes, rest: bytes, node: str) -> None:
    header = start + (rest if start.endswith(b"\n") else f"{node} {node} 1 2\r\n".encode())
    talk = Talk().client(header).client(get()).server(ok()).close()
    compare(steps_of(talk.frames), Limits(trusted_proxies=("10.0.0.0/8",)))


def test_agreement_on_the_catalogue_traffic() -> None:
    frames = [Frame(float(one.time), 1, bytes(one), len(bytes(one))) for one in everything()]
    for size in (1, 7, 1000):
        assert compare(steps_of(frames, size)) > 100


@pytest.mark.parametrize("name", ATTACKS)
def test_agreement_on_attacks(name: str) -> None:
    attack = ATTACKS[name]
    packets = attack.packets(max(20, attack.size // 2000))
    frames = list(islice(timed(packets), 1500))
    for limits in LIMITS:
        compare(steps_of(frames, 500), limits)


def test_agreement_on_records_lost_because_nobody_takes_them() -> None:
    frames = raw(ipv4(6, tcp(40000 + n, 80, payload=get(f"/{n}", "Referer: r"))) for n in range(50))
    for limits in (Limits(waiting_records=7), Limits(waiting_characters=100), Limits(waiting_records=0)):
        steps: list[Step] = [Frames.of(frames[:20]), TAKE, Frames.of(frames[20:30]), Frames.of(frames[30:]), TAKE]
        compare(steps, limits)


def test_agreement_on_times_before_1970() -> None:
    """pcapng interfaces may have an offset; the reference once used -1 as a missing time."""
    talk = Talk(time=-1000.0).client(get("/a")).server(ok(), lost=True).client(get("/b")).wait(5).server(ok()).reset(0)
    assert compare(steps_of(talk.frames, 1)) > 0


def test_agreement_on_empty_tables() -> None:
    from http_monitor_core import Decoder as Core  # type: ignore[import-not-found,unused-ignore]

    batch = Core(bytes(2**16), Limits()).take()
    for kind in TEXTS.keys() - {Finding, FileTransfer}:  # no decoder emits them
        assert between_tables(kind, RecordBatch().table(kind), batch.table(kind)) is None


def test_a_difference_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Decoder, "held", property(lambda _: 1))
    with pytest.raises(DifferError, match="held is 1, of the core 343"):
        compare([Frames.of(raw([ipv4(6, tcp(80, 50000, payload=ok()))]))])

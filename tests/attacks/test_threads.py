"""Several decoders that share the traffic find what one does, however many they are."""

from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from itertools import islice, pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from catalogue_traffic import everything
from conversations import MIXES, Conversation, repeated, shuffled, with_losses
from encapsulations import LINKS, TUNNELS, ipv4, ipv6, tcp, udp
from wire import Talk, get, ipv4_fragments, ok

from capture.errors import CaptureError
from capture.inner_ip import inner_ip
from capture.open import open_file
from traffic.batch import Batch, RecordBatch
from traffic.frame import LINKTYPE_RAW, Frame
from traffic.frames import Frames
from traffic.health import Health
from traffic.limits import Limits
from traffic.protocols import PROTOCOLS
from traffic.records import OPTIONAL, Exchange

from .attacks import ATTACKS
from .difference import ALL_PORTS, HAS_CORE, WHY_NOT, between_tables
from .frames import timed
from .fuzz_both import corpus
from .test_differential import FRAMES_OF_A_CAPTURE

pytestmark = pytest.mark.skipif(not HAS_CORE, reason=WHY_NOT)

SIZE = 300
"""Frames at a time."""


def new(threads: int, limits: Limits | None = None) -> Any:
    options = (ALL_PORTS, limits or Limits(), inner_ip, OPTIONAL, frozenset(PROTOCOLS))
    core = import_module("http_monitor_core")
    return core.Decoder(*options) if threads == 1 else core.Decoders(threads, *options)


def decoded(threads: int, frames: list[Frame], keys: bytes = b"") -> tuple[list[Batch], Health]:
    """Return what so many decoders make of the frames, and what they counted."""
    decoder, batches = new(threads), list[Batch]()
    decoder.add_secrets(keys)
    for start in range(0, len(frames), SIZE):
        decoder.feed(Frames.of(frames[start : start + SIZE]))
        if start // SIZE % 4 == 3:
            batches.append(decoder.take())
    while not decoder.finish(1000):
        batches.append(decoder.take())
    batches.append(decoder.take())
    return batches, decoder.health


def compared(frames: Iterable[Frame], *several: int, keys: bytes = b"") -> int:
    """Assert that so many decoders find the same as one; return the number of records."""
    known = list(frames)
    batches, health = decoded(1, known, keys)
    expected = Counter(repr(record) for batch in batches for record in batch.records())
    for threads in several or (2, 3):
        batches, its = decoded(threads, known, keys)
        assert its == health
        assert Counter(repr(record) for batch in batches for record in batch.records()) == expected
    return expected.total()


def raw(packets: Iterable[bytes]) -> list[Frame]:
    return [Frame(1000 + 0.001 * n, LINKTYPE_RAW, packet, len(packet)) for n, packet in enumerate(packets)]


def conversations(seed: int, clients: int) -> list[Frame]:
    """Return lossy, reordered and repeated traffic of several clients at once."""
    chance, mixed = Random(seed), list[Frame]()
    for port in range(41000, 41000 + clients):
        talk = Conversation(chance, MIXES).talk
        talk.client_port = port
        segments = repeated(chance, with_losses(chance, talk.segments))
        late = chance.uniform(0, 3)
        captured = talk.as_captured(shuffled(chance, segments, 3))
        mixed += [frame._replace(time=frame.time + late) for frame in captured]
    return sorted(mixed, key=lambda frame: frame.time)


@pytest.mark.skipif(not corpus(), reason="the corpus is not there")
def test_the_corpus() -> None:
    assert sum(compared(in_capture(path), 3) for path in corpus()[::3]) > 2000


def in_capture(path: Path) -> list[Frame]:
    frames = list[Frame]()
    try:
        source = open_file(str(path))
        while len(frames) < FRAMES_OF_A_CAPTURE and (read := source.read()) is not None:
            frames += read
        source.close()
    except CaptureError:
        pass  # the frames before the damage are compared
    return frames[:FRAMES_OF_A_CAPTURE]


@pytest.mark.parametrize("seed", range(6))
def test_lossy_conversations_at_the_same_time(seed: int) -> None:
    assert compared(conversations(seed, 40)) > 100


def test_the_catalogue_traffic() -> None:
    assert compared(Frame(float(one.time), 1, bytes(one), len(bytes(one))) for one in everything()) > 100


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks(name: str) -> None:
    attack = ATTACKS[name]
    size = max(20, attack.size // 2000)
    compared(islice(timed(attack.packets(size)), 1500), keys=attack.keys(size) if attack.keys else b"")


def both_ways(port: int) -> tuple[bytes, bytes]:
    """Return a request and its response as IPv4 packets."""
    request = tcp(port, 80, seq=1, ack=1, payload=get())
    response = tcp(80, port, seq=1, ack=1 + len(get()), payload=ok())
    ends = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
    return ipv4(6, request, *ends), ipv4(6, response, *ends[::-1])


@pytest.mark.parametrize("name", [*LINKS, *TUNNELS])
def test_one_direction_may_be_tagged_or_in_a_tunnel(name: str) -> None:
    link_type, wrap = LINKS[name] if name in LINKS else (1, TUNNELS[name])
    frames = list[Frame]()
    for number in range(20):
        asked, answered = both_ways(42000 + number)
        frames += [
            Frame(1000 + number, link_type, wrap(asked), 999),
            Frame(1000.5 + number, LINKTYPE_RAW, answered, 99),
        ]
    assert compared(frames) >= 100, "packets, requests, exchanges, connections"


@pytest.mark.parametrize("version", [4, 6])
def test_segments_in_fragments_stay_with_their_connection(version: int) -> None:
    packets = list[bytes]()
    for port in range(43000, 43020):
        asked, answered = both_ways(port)
        packets += [*(ipv4_fragments(asked, 24, 1) if version == 4 else fragments6(port)), answered]
    assert compared(raw(packets)) >= 60


def fragments6(port: int) -> list[bytes]:
    """Return a request in two fragments of IPv6 (RFC 8200 section 4.5)."""
    segment = tcp(port, 80, payload=get())
    heads = [bytes((6, 0, 0, 1)), bytes((6, 0, 0, 24))]
    parts = segment[:24], segment[24:]
    return [ipv6(44, head + port.to_bytes(4, "big") + part) for head, part in zip(heads, parts, strict=True)]


def test_a_lookup_that_goes_on_over_tcp() -> None:
    query = bytes.fromhex("000101000001000000000000") + b"\x01a\x00\x00\x01\x00\x01"
    cut = bytes.fromhex("000183800001000000000000") + query[12:]
    whole = bytes.fromhex("000181800001000100000000") + query[12:] + bytes.fromhex("c00c000100010000000a00040a000009")
    frames = list[Frame]()
    for number in range(20):
        client = bytes((10, 0, 1, number)), bytes((10, 0, 0, 53))
        start = 1000.0 + number
        asked = ipv4(17, udp(44000 + number, 53, query), *client)
        refused = ipv4(17, udp(53, 44000 + number, cut), *client[::-1])
        frames += [Frame(start, LINKTYPE_RAW, asked, 99), Frame(start + 0.01, LINKTYPE_RAW, refused, 99)]
        addresses = f"10.0.1.{number}", "10.0.0.53"
        talk = Talk(45000 + number, 53, addresses, time=start + 0.02)
        talk.client(len(query).to_bytes(2, "big") + query).server(len(whole).to_bytes(2, "big") + whole).close()
        frames += talk.frames
    assert compared(frames) > 20


def test_the_order_is_the_same_in_every_run_and_nearly_that_of_time() -> None:
    frames = conversations(7, 60)
    first, again = ([repr(batch.records()) for batch in decoded(3, frames)[0]] for _ in range(2))
    assert first == again
    for batch in decoded(3, frames)[0]:
        for kind in OPTIONAL:
            times = batch.table(kind).numbers("time").tolist()
            assert all(later > earlier - 5 for earlier, later in pairwise(times))


def test_columns_are_those_of_the_records() -> None:
    for batch in decoded(3, conversations(8, 60))[0]:
        for kind in {type(record) for record in batch.records()}:
            table = batch.table(kind)
            assert between_tables(kind, RecordBatch(table.records()).table(kind), table) is None


def test_an_owner_is_told_to_the_decoder_of_its_connection() -> None:
    decoder, ends = new(3, Limits(owners=100)), [(f"10.0.0.{n}", 46000 + n, "10.0.0.200", 80) for n in range(1, 31)]
    decoder.set_listeners([], [("10.0.0.200", 0)], [])
    for client, port, server, _ in (*ends[:20], ("10.0.0.99", 45999, "10.0.0.98", 80)):
        decoder.feed(Frames.of(Talk(port, 80, (client, server)).client(get()).server(ok()).frames))
    assert decoder.health.requests == 21, "all frames are decoded"
    assert sorted(decoder.asked_owners(100)) == sorted(ends[:20])
    owners = [(f"process {n}", n, "", "", "", "", "") for n in range(len(ends))]
    decoder.set_owners(owners, [(*one, 1001.0, place) for place, one in enumerate(ends[:10])])
    found = {one.client: one.process_id for one in decoder.take().table(Exchange).records()}
    assert found.pop("10.0.0.99") is None, "a connection of other hosts"
    assert found == {one[0]: place if place < 10 else None for place, one in enumerate(ends[:20])}
    assert decoder.health.unknown_owners == 10


def test_records_that_nobody_takes_are_limited_and_counted() -> None:
    decoder = new(2, Limits(waiting_records=50))
    decoder.feed(Frames.of(conversations(9, 60)))
    assert decoder.health.lost > 0
    assert 50 <= decoder.waiting <= 100
    assert len(decoder.take()) <= 100
    assert decoder.waiting == 0
    assert decoder.held >= 0
    assert decoder.faults() == []


def test_nothing_at_all() -> None:
    batches, health = decoded(2, [])
    assert [len(batch) for batch in batches] == [0]
    assert batches[0].records() == []
    assert len(batches[0].table(Exchange)) == 0
    assert health == Health()

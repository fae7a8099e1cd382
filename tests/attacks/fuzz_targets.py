"""Fuzz targets: functions that take bytes, run the code on them, and assert what must hold for any input.

`TARGETS` lists them by name, with seeds built by code.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from struct import pack
from typing import NamedTuple

from capture.errors import CaptureError
from capture.open import open_file
from run.decoding import decoder_for
from stats.loading import load
from store.store import Store
from traffic.batch import RecordBatch
from traffic.frame import LINKTYPE_RAW, Frame
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.records import Exchange, Request
from view.cells import visible
from view.exchange_line import Discretion, exchange_line

from .difference import HAS_CORE
from .frames import ACK, CLIENT, FIN, RST, SERVER, SYN, packet
from .fuzz_both import both_frames, both_talks, frame_seeds, talk_seeds
from .fuzz_feeds import feed, feed_seeds
from .strange_talk import strange_talk

LIMITS = Limits(
    string_length=64,
    connections=8,
    pending_requests=4,
    header_bytes=512,
    headers=8,
    connection_buffer=4096,
    total_buffer=16384,
    held_segments=8,
)
"""Small limits, so that each is reached."""
LINK_TYPES = (1, 0, 12, 101, 113, 276, 9, 50, 51, 105, 127, 119, 163, 239, 228, 229, 108, 109, 104, 107, 114, 204, 205)
STATISTICS = load(("top_sections", "top_domains", "top_user_agents", "top_status_codes", "server_response_time"))
DISCRETION = Discretion(False, False)


class AnyPort:
    """Contains every port."""

    def __contains__(self, port: object) -> bool:
        return True


class Target(NamedTuple):
    """One fuzz target."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    fresh: Callable[[Random], bytes] | None = None
    """Generates a new input that is not a mutated seed."""
    records: tuple[int, int] | None = None
    """For inputs that consist of records: the bytes before the first record, and of a record's header; see `shrink`."""


# invariants -----------------------------------------------------------------------------------------------------------


def decode(frames: list[Frame]) -> None:
    """Do everything with the frames that the program does."""
    decoder = decoder_for(AnyPort(), LIMITS)
    for frame in frames:
        decoder.feed(Frames.of([frame]))
    decoder.advance((frames[-1].time if frames else 0.0) + 2.0)
    assert decoder.held <= LIMITS.total_buffer + 2 * 65536, decoder.held
    decoder.finish()
    assert decoder.held == 0, decoder.held
    health, records = decoder.health, decoder.take().records()
    requests = [record for record in records if type(record) is Request]
    exchanges = [record for record in records if type(record) is Exchange]
    assert (health.frames, health.requests, health.exchanges) == (len(frames), len(requests), len(exchanges))
    answered = [exchange for exchange in exchanges if exchange.request is not None]
    assert Counter(requests) == Counter(exchange.request for exchange in answered), "each request once"
    assert all(number >= 0 for number in (health.gaps, health.missing_bytes, health.unpaired_responses))
    for record in records:
        check_record(record)
    store = Store(STATISTICS, 10, 3600, 10)
    store.add(RecordBatch(records))
    store.advance(frames[-1].time + 20 if frames else 0)
    assert store.failures == []
    for statistic in STATISTICS:
        for row in store.top(statistic.name, 5).rows:
            assert visible(row.key).isprintable()


def check_record(record: Request | Exchange) -> None:
    """Check that strings are short and printable, and numbers plausible."""
    for value in record:
        if isinstance(value, str):
            assert len(value) <= LIMITS.string_length, value
            assert value.isprintable(), value
    if isinstance(record, Request):
        for text in (record.domain, record.path, record.section, record.authority):
            assert text.isprintable()
        return
    assert min(record.request_bytes, record.response_bytes, record.missing_bytes) >= 0
    assert all(span is None or span >= 0 for span in (record.response_time, record.total_time))
    assert record.missing_bytes <= record.request_bytes + record.response_bytes + 2**33
    line = exchange_line(record, DISCRETION)
    assert line.isascii()
    assert line.isprintable()


def check_sentence(error: CaptureError) -> None:
    """Check that the error is one line for the user."""
    assert str(error).isprintable()


# (a) frames -----------------------------------------------------------------------------------------------------------


def frames(data: bytes) -> None:
    """Fuzz frames of any link type: a byte for the type, two for the length, then the data."""
    taken: list[Frame] = []
    time, place = 1000.0, 0
    while place + 3 <= len(data) and len(taken) < 200:
        link, size = data[place], data[place + 1] << 8 | data[place + 2]
        body = data[place + 3 : place + 3 + (size & 0x0FFF)]
        place += 3 + len(body)
        time += (0.0001, 0.3, 2.0, 700.0)[size >> 14]
        taken.append(Frame(time, LINK_TYPES[link % len(LINK_TYPES)], body, len(body) + (size >> 12 & 3)))
    decode(taken)


def _frame_seeds() -> list[bytes]:
    """Return a request and its response behind each kind of header that is short to write."""
    request = packet(0, CLIENT, 1000, 0, ACK, b"GET /a HTTP/1.1\r\nHost: b\r\n\r\n")
    response = packet(0, SERVER, 5000, 1029, ACK, b"HTTP/1.1 204 No Content\r\n\r\n")
    heads = [*_LINK_HEADS, *((101, _ip(number, head, len(request))) for number, head in _TUNNELS)]
    seeds = [b"".join(_framed(link, head + inner) for inner in (request, response)) for link, head in heads]
    first_fragment = b"\x45\x00\x00\x2c\x00\x01\x20\x00" + request[8:44]
    return [*seeds, _framed(101, first_fragment), _framed(239, pack("<BBHHH", 2, 0, 0, len(request) + 4, 9) + request)]


_MAC = b"\2\0\0\0\0\1\2\0\0\0\0\2"
_LINK_HEADS = [
    (101, b""),
    (0, pack("<I", 2)),
    (113, pack(">HHH8sH", 0, 1, 6, _MAC[:6], 0x0800)),
    (276, pack(">HHIHBB8s", 0x0800, 0, 1, 1, 0, 6, _MAC[:6])),
    (9, b"\xff\x03\x00\x21"),
    (50, b"\xff\x03\x00\x21"),
    (1, _MAC + b"\x08\x00"),
    (1, _MAC + b"\x81\x00\x00\x01\x08\x00"),
    (1, _MAC + b"\x88\xa8\x00\x01\x81\x00\x00\x02\x08\x00"),
    (1, _MAC + b"\x88\x47\x00\x01\x01\x40"),
    (1, _MAC + b"\x88\x64\x11\x00\x00\x01\x00\x40\x00\x21"),
]
_TUNNELS = [
    (4, b""),
    (47, b"\x00\x00\x08\x00"),
    (47, b"\x10\x00\x88\xbe\x00\x00\x00\x01\x10\x00\x00\x00\x00\x00\x00\x00" + _MAC + b"\x08\x00"),
    (17, pack(">4H", 9999, 4789, 0, 0) + b"\x08\x00\x00\x00\x00\x00\x01\x00" + _MAC + b"\x08\x00"),
    (17, pack(">4H", 9999, 6081, 0, 0) + b"\x00\x00\x65\x58\x00\x00\x01\x00" + _MAC + b"\x08\x00"),
    (17, pack(">4H", 9999, 2152, 0, 0) + b"\x30\xff\x00\x80\x00\x00\x00\x01"),
    (17, pack(">4H", 9999, 443, 0, 0) + b"\xc3\x00\x00\x00\x01\x08" + bytes(1200)),
]


def _ip(protocol: int, head: bytes, size: int) -> bytes:
    """Build an IPv4 header, and `head`, for `size` bytes that follow."""
    return pack(">BBHHHBBHII", 0x45, 0, 20 + len(head) + size, 0, 0x4000, 64, protocol, 0, 1, 2) + head


def _framed(link: int, body: bytes) -> bytes:
    return bytes([LINK_TYPES.index(link)]) + pack(">H", len(body)) + body


# (b) streams ----------------------------------------------------------------------------------------------------------


def streams(data: bytes) -> None:
    """Fuzz a connection: a byte for side and fate of a segment, one for its length, then the data."""
    decode(list(_conversation(data)))


def _conversation(data: bytes) -> Iterator[Frame]:
    """Decode segments. Bits of the first byte: side, lost, doubled, early, late by 2 s, FIN, RST, without ACK."""
    numbers, time, place = [1001, 5001], 1000.0, 0
    early: list[bytes] = []
    yield Frame(time, LINKTYPE_RAW, packet(0, CLIENT, 1000, 0, SYN), 40)
    yield Frame(time, LINKTYPE_RAW, packet(0, SERVER, 5000, 1001, SYN | ACK), 40)
    while place + 2 <= len(data):
        fate, size = data[place], data[place + 1]
        body = data[place + 2 : place + 2 + size]
        place += 2 + len(body)
        side = fate & 1
        flags = (FIN if fate & 32 else 0) | (RST if fate & 64 else 0) | (0 if fate & 128 else ACK)
        segment = packet(0, side, numbers[side], numbers[1 - side], flags, body)
        numbers[side] += len(body) + bool(fate & 32)
        time += 2.0 if fate & 16 else 0.001
        if fate & 8:
            early.append(segment)
            continue
        for part in [] if fate & 2 else [segment] * (2 if fate & 4 else 1):
            yield Frame(time, LINKTYPE_RAW, part, len(part))
        while early and not fate & 2:
            yield Frame(time, LINKTYPE_RAW, early.pop(), 1500)


def _stream_seeds() -> list[bytes]:
    request = b"POST /a?b=c HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nContent-Length: 5\r\n\r\nhello"
    answers = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: a/b; c=d\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        b"ICY 200 OK\r\n\r\n",
    ]
    firsts = [
        request,
        request + request,
        b"CONNECT h:443 HTTP/1.1\r\n\r\n",
        b"GET /\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x00\x2a\x01\x00\x00\x26\x03\x03" + bytes(38),
        b"HEAD http://u:p@h:80/x HTTP/1.0\r\n folded\r\n\r\n",
    ]
    talks = [[(0, first), (1, answer)] for first in firsts for answer in answers]
    talks += [
        [(0, request), (1, answers[0]), (fate, request), (fate | 1, answers[0])] for fate in (2, 4, 8, 16, 32, 64)
    ]
    return [b"".join(bytes([fate, len(body)]) + body for fate, body in talk) for talk in talks]


# (c) capture files ----------------------------------------------------------------------------------------------------


def capture_file(data: bytes) -> None:
    """Fuzz a capture file: it must yield frames, and at most one `CaptureError` for its damage."""
    descriptor = os.memfd_create("capture")
    try:
        os.write(descriptor, data)
        try:
            source = open_file(f"/proc/self/fd/{descriptor}")
        except CaptureError as error:
            check_sentence(error)
            return
        total = 0
        try:
            while (batch := source.read()) is not None:
                for frame in batch:
                    total += len(frame.data)
                    assert abs(frame.time) < float("inf")
                    assert frame.length >= 0
        except CaptureError as error:
            check_sentence(error)
        finally:
            source.close()
        assert total <= 2000 * len(data), "decompression is no more than a thousandfold"
    finally:
        os.close(descriptor)


def _file_seeds() -> list[bytes]:
    import gzip

    frame = packet(0, CLIENT, 1, 1, ACK, b"GET / HTTP/1.1\r\n\r\n")
    seeds = []
    for order in "<>":
        for magic in (0xA1B2C3D4, 0xA1B23C4D):
            head = pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 101)
            seeds.append(head + (pack(order + "4I", 1, 2, len(frame), len(frame)) + frame) * 2)
        padded = frame + bytes(-len(frame) % 4)
        blocks = [
            (0x0A0D0D0A, pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)),
            (1, pack(order + "HHI", 101, 0, 0) + pack(order + "HHB3xHH", 9, 1, 9, 0, 0)),
            (6, pack(order + "5I", 0, 1, 2, len(frame), len(frame)) + padded),
            (3, pack(order + "I", len(frame)) + padded),
            (2, pack(order + "HH4I", 0, 0, 1, 2, len(frame), len(frame)) + padded),
        ]
        sized = ((kind, body, 12 + len(body)) for kind, body in blocks)
        seeds.append(
            b"".join(pack(order + "II", kind, size) + body + pack(order + "I", size) for kind, body, size in sized)
        )
    return [*seeds, *map(gzip.compress, seeds)]


TARGETS = {
    "frames": Target(frames, _frame_seeds),
    "streams": Target(streams, _stream_seeds),
    "capture_file": Target(capture_file, _file_seeds),
    "feed": Target(feed, feed_seeds),
}
if HAS_CORE:
    TARGETS["both_talks"] = Target(both_talks, talk_seeds, strange_talk, (2, 4))
    TARGETS["both_frames"] = Target(both_frames, frame_seeds, None, (2, 3))

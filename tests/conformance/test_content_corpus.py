"""Contents of the corpus against a simple reading of the same captures: payloads of TCP in the order of their numbers.

It reads plain Ethernet and IPv4 without fragments, and knows no more of HTTP than that a body follows its head. What it
cannot read (tunnels, IPv6, lost segments) is left out.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest
from conformance_corpus import Capture, captures, present

from capture.core import CORE
from capture.errors import CaptureError
from capture.open import open_file
from run.decoding import without_loss
from traffic.content import Content
from traffic.frame import LINKTYPE_ETHERNET, Frame
from traffic.limits import Limits

pytestmark = [
    pytest.mark.skipif(CORE is None, reason="the core is not built: make fast"),
    pytest.mark.skipif(not present(), reason="the corpus is not there"),
]

Way = tuple[str, int, str, int]
LARGEST = 300_000
"""Bytes of a capture: larger ones have the same kinds of traffic, and take long."""
LIMIT = 1000
"""Bytes of a body that are kept."""


def frames_of(capture: Capture) -> Iterator[Frame]:
    source = open_file(str(capture.path), "")
    try:
        while (batch := source.read()) is not None:
            yield from batch
    except CaptureError:
        pass  # damaged from here on
    finally:
        source.close()


def payload(frame: Frame) -> tuple[Way, int, bool, bytes] | None:
    """Return who sends to whom, the sequence number, whether it is a SYN, and the bytes."""
    data = frame.data
    if frame.link_type != LINKTYPE_ETHERNET or data[12:14] != b"\x08\x00" or len(data) < 54 or data[23] != 6:
        return None
    if int.from_bytes(data[20:22], "big") & 0x3FFF:
        return None
    start, end = 14 + (data[14] & 15) * 4, 14 + int.from_bytes(data[16:18], "big")
    segment = data[start:end]
    if len(segment) < 20:
        return None
    source, target = str(IPv4Address(data[26:30])), str(IPv4Address(data[30:34]))
    ports = int.from_bytes(segment[:2], "big"), int.from_bytes(segment[2:4], "big")
    way = source, ports[0], target, ports[1]
    return way, int.from_bytes(segment[4:8], "big"), bool(segment[13] & 2), segment[(segment[12] >> 4) * 4 :]


def streams(frames: Iterator[Frame]) -> dict[Way, list[bytes]]:
    """Return the bytes of each direction, a piece for what is without gaps."""
    segments: dict[Way, list[dict[int, bytes]]] = defaultdict(lambda: [{}])
    for way, sequence, begins, octets in filter(None, map(payload, frames)):
        if begins:
            segments[way].append({})
        known = segments[way][-1].setdefault(sequence, octets)
        if len(octets) > len(known):
            segments[way][-1][sequence] = octets
    return {way: [piece for one in several for piece in joined(one)] for way, several in segments.items()}


def joined(segments: dict[int, bytes]) -> Iterator[bytes]:
    first = next(iter(segments), 0)
    piece, end = b"", -(2**32)
    for place in sorted(segments, key=lambda sequence: (sequence - first + 2**31) % 2**32):
        at = (place - first + 2**31) % 2**32
        if at > end:
            yield piece
            piece, end = b"", at
        new = segments[place][end - at :]
        piece, end = piece + new, end + len(new)
    yield piece


def without_chunks(rest: bytes) -> bytes:
    body = b""
    while line := re.match(rb"\s*([0-9a-fA-F]+)[^\n]*\n", rest):
        size = int(line[1], 16)
        body += rest[line.end() : line.end() + size]
        rest = rest[line.end() + size :] if size else b""
    return body


def follows(stream: bytes, head: bytes, body: bytes) -> bool:
    """Return whether a body follows a head, as it is or in chunks."""
    rest = stream[stream.index(head) + len(head) :]
    return rest.startswith(body) or without_chunks(rest).startswith(body) or head + body in stream


def contents(capture: Capture) -> list[Content]:
    limits = without_loss(Limits(inspected_body=LIMIT))
    decoder = CORE.Decoder(b"\1" * 2**16, limits, None, frozenset({Content}))
    source = open_file(str(capture.path), "")
    try:
        while (batch := source.read()) is not None:
            decoder.feed(batch)
    except CaptureError:
        pass
    source.close()
    decoder.finish()
    found: list[Content] = decoder.take().table(Content).records()
    assert decoder.held == 0
    return found


def compared(content: Content, ways: dict[Way, list[bytes]]) -> int:
    """Compare both messages; return how many could be."""
    forth = content.client, content.client_port, content.server, content.server_port
    back = content.server, content.server_port, content.client, content.client_port
    count = 0
    for way, head, body in (
        (forth, content.request_head, content.request_body),
        (back, content.response_head, content.response_body),
    ):
        assert len(body) <= LIMIT
        pieces = [piece for piece in ways.get(way, ()) if head in piece] if head else []
        if pieces and not content.missing_bytes:
            assert any(follows(piece, head, body) for piece in pieces), content
            count += 1
    return count


def test_contents_are_what_a_simple_reading_finds() -> None:
    count = 0
    for capture in captures():
        if capture.path.stat().st_size <= LARGEST:
            found = contents(capture)
            ways = streams(frames_of(capture)) if found else {}
            count += sum(compared(content, ways) for content in found)
    assert count > 1000

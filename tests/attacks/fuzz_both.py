"""What is fuzzed of both decoders: they are given the same, and must do the same. Bytes choose all of it."""

import random
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from struct import pack
from typing import Final

from capture.open import open_file
from traffic.frame import Frame
from traffic.frames import Frames
from traffic.limits import Limits
from traffic.records import OPTIONAL

from .difference import ALL_PORTS, Step, compare
from .strange_talk import strange_talk
from .talk_bytes import Talk

LIMITS: Final = (
    Limits(),
    Limits(string_length=64, connections=8, pending_requests=4, header_bytes=512, headers=8, connection_buffer=4096,
           total_buffer=16384, held_segments=8, server_names=2),
    Limits(string_length=20, connections=2, pending_requests=1, header_bytes=100, headers=2, connection_buffer=100,
           total_buffer=400, held_segments=2, server_names=1, waiting_records=3),
    Limits(string_length=16, connections=1, pending_requests=1, header_bytes=1, headers=1, connection_buffer=1,
           total_buffer=1, held_segments=1, server_names=1, waiting_records=5, waiting_characters=40),
)  # fmt: skip
"""From those of every day to those that are always reached."""
PORT_80: Final = bytes(port == 80 for port in range(2**16))
LINK_TYPES: Final = (
    1, 0, 12, 101, 113, 276, 9, 50, 51, 105, 127, 119, 163, 239, 228, 229, 108, 109, 104, 107, 114, 204, 205, 192, 258,
    149, 123, 100, 7,
)  # fmt: skip
PER_CAPTURE: Final = 24
"""Frames at the beginning of a capture that make a seed."""


def both_talks(data: bytes) -> None:
    """Connections, as `talk_bytes` has them."""
    _play(data, Talk().steps(data[2:], 1 + data[1] % 40) if len(data) > 1 else iter(()))


def both_frames(data: bytes) -> None:
    """Frames of any link type: a byte for it, two for the length and the time that passes, and so on."""
    frames = list(_frames(data[2:]))
    size = 1 + data[1] % 40 if len(data) > 1 else 1
    _play(data, (Frames.of(frames[place : place + size]) for place in range(0, len(frames), size)))


def _play(data: bytes, steps: Iterator[Step]) -> None:
    choice = data[0] if data else 0
    wanted = OPTIONAL if choice & 4 else frozenset[type]()
    compare(steps, LIMITS[choice & 3], wanted, PORT_80 if choice & 8 else ALL_PORTS, lambda _, frame: frame[3:] or None)


def _frames(data: bytes) -> Iterator[Frame]:
    time, place, count = 1000.0, 0, 0
    while place + 3 <= len(data) and count < 200:
        size = data[place + 1] << 8 | data[place + 2]
        body = data[place + 3 : place + 3 + (size & 0x0FFF)]
        yield Frame(time, LINK_TYPES[data[place] % len(LINK_TYPES)], body, len(body) + (size >> 12 & 3))
        time += (0.0001, 0.3, 40.0, -2.0)[size >> 14]
        place += 3 + len(body)
        count += 1


def framed(link: int, body: bytes, passes: int = 0) -> bytes:
    """A frame, to be changed."""
    return bytes([LINK_TYPES.index(link)]) + pack(">H", passes << 14 | min(len(body), 0xFFF)) + body[:0xFFF]


@cache
def frame_seeds() -> Sequence[bytes]:
    """A request in each encapsulation that the tests know, and how the captures of the corpus begin."""
    made = import_module("tests.traffic.encapsulations")
    packets = [made.ipv4(6, made.tcp(50000, 80)), made.ipv6(6, made.tcp(50000, 80))]
    links = [
        framed(link, wrap(packet)) for link, wrap in made.LINKS.values() for packet in packets if link in LINK_TYPES
    ]
    tunnels = [framed(1, wrap(packet)) for wrap in made.TUNNELS.values() for packet in packets]
    return [b"\4\0" + seed for seed in (*links, *tunnels, *_beginnings())]


def corpus() -> list[Path]:
    """The captures of the corpus, if it is there."""
    captures = import_module("tests.conformance.conformance_corpus").captures()
    return [capture.path for capture in captures]


def _beginnings() -> Iterator[bytes]:
    for path in corpus():
        try:
            source = open_file(str(path))
            frames = list(islice(source.read() or (), PER_CAPTURE))
            source.close()
        except Exception:  # some are broken, and are there for that
            continue
        yield b"".join(framed(frame.link_type, frame.data) for frame in frames if frame.link_type in LINK_TYPES)


@cache
def talk_seeds() -> Sequence[bytes]:
    """What the grammar makes first."""
    dice = random.Random("talks")
    return [strange_talk(dice) for _ in range(500)]

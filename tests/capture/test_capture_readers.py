"""The readers of the core and those in Python find the same frames."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

import capture.block
import capture.pcap
import capture.pcapng
from capture.core import CORE
from capture.errors import CaptureError
from capture.open import open_file
from traffic.frame import Frame

CORPUS = Path(os.environ.get("HTTP_MONITOR_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "pcaps"

pytestmark = pytest.mark.skipif(CORE is None, reason="the core is not built: make fast")


@pytest.fixture
def captures() -> list[Path]:
    """Every fifth of the public captures."""
    if not CORPUS.is_dir():
        pytest.skip(f"no captures in {CORPUS}")
    return sorted(path for path in CORPUS.rglob("*") if path.is_file())[::5]


def frames_of(path: Path) -> Iterator[Frame | str]:
    """All frames of a file, and the fault that ends it."""
    try:
        source = open_file(str(path), "")
        while (batch := source.read()) is not None:
            yield from batch
        source.close()
    except CaptureError as error:
        yield str(error)


def test_files_are_read_alike(captures: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    by_core = {path: list(frames_of(path)) for path in captures}
    for module in (capture.pcap, capture.pcapng):
        monkeypatch.setattr(module, "CORE", None)
    assert {path: list(frames_of(path)) for path in captures} == by_core
    assert sum(map(len, by_core.values())) > 1000


def ring_block(chance: Random, frames: int) -> bytes:
    """A block of a ring, as the kernel lays it out (linux/if_packet.h)."""
    parts = []
    for number in range(frames):
        data = chance.randbytes(chance.randint(0, 90))
        step = 68 + len(data)
        parts.append(struct.pack("=6IH42x", step, 1000 + number, chance.randint(0, 10**9 - 1), len(data), 99, 0, 68))
        parts.append(data)
    return struct.pack("=12x2I28x", frames, 48) + b"".join(parts)


def test_blocks_of_a_ring_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [ring_block(Random(seed), seed) for seed in range(20)]
    by_core = [list(capture.block.frames(block, 1)) for block in blocks]
    monkeypatch.setattr(capture.block, "CORE", None)
    assert [list(capture.block.frames(block, 1)) for block in blocks] == by_core
    assert [len(frames) for frames in by_core] == list(range(20))

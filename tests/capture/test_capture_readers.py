"""The core's file and ring readers find the same frames as those in Python."""

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from ring_blocks import Record, block

import capture.block
import capture.pcap
import capture.pcapng
from capture.core import CORE
from capture.errors import CaptureError
from capture.open import open_file
from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, Frame

CORPUS = Path(os.environ.get("HTTP_MONITOR_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "pcaps"

pytestmark = pytest.mark.skipif(CORE is None, reason="the core is not built: make fast")


@pytest.fixture
def captures() -> list[Path]:
    """Return every fifth of the public captures."""
    if not CORPUS.is_dir():
        pytest.skip(f"no captures in {CORPUS}")
    return sorted(path for path in CORPUS.rglob("*") if path.is_file())[::5]


def frames_of(path: Path) -> Iterator[Frame | str]:
    """Yield all frames of a file, and the fault that ends it."""
    try:
        source = open_file(str(path), "")
        while (batch := source.read()) is not None:
            yield from batch
        source.close()
    except CaptureError as error:
        yield str(error)


def test_both_readers_agree_on_files(captures: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    by_core = {path: list(frames_of(path)) for path in captures}
    for module in (capture.pcap, capture.pcapng):
        monkeypatch.setattr(module, "CORE", None)
    assert {path: list(frames_of(path)) for path in captures} == by_core
    assert sum(map(len, by_core.values())) > 1000


def some_block(chance: Random) -> bytes:
    """Build a block of frames of any kind."""
    records = []
    for number in range(chance.randint(1, 6)):
        data = chance.randbytes(chance.randint(0, 90))
        tag = chance.choice([b"", b"\x81\x00\x00\x05", b"\x88\xa8\xff\xff"])
        offset = chance.choice([68, 70, 82, 96])
        records.append(Record(1000 + number + chance.random(), data, 99, offset, chance.randbytes(2), tag))
    return block(records)


def damaged(chance: Random, whole: bytes) -> bytes:
    """Truncate the block, or change some bytes of its headers."""
    if chance.random() < 0.3:
        return whole[: chance.randint(1, len(whole))]
    changed = bytearray(whole)
    for _ in range(chance.randint(1, 3)):
        changed[chance.randrange(len(whole))] = chance.choice([0, 1, 0x44, 0x80, 0xFF])
    return bytes(changed)


@pytest.mark.parametrize("link_type", [LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2])
def test_both_readers_agree_on_ring_blocks(monkeypatch: pytest.MonkeyPatch, link_type: int) -> None:
    chance = Random(7)
    whole = [some_block(chance) for _ in range(50)]
    blocks = [*whole, *(damaged(chance, block) for block in whole * 40)]
    by_core = [list(capture.block.frames(block, link_type)) for block in blocks]
    monkeypatch.setattr(capture.block, "CORE", None)
    assert [list(capture.block.frames(block, link_type)) for block in blocks] == by_core
    assert sum(map(len, by_core)) > 3000
    assert len({len(frames) for frames in by_core}) == 7

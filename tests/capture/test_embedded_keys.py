"""Keys in pcapng files: before, between and after the packets, in both byte orders, through pipes, and disguised."""

import gzip
import os
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from capture_helpers import read_all, web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from key_lines import key_line, key_lines

from capture.errors import CaptureError, LibpcapMissing
from capture.keys import embedded
from capture.keys.embedded import EmbeddedKeys
from capture.open import keys_in, open_file
from capture.pcapng_blocks import SECRETS, SECTION, TLS_KEYS

ROOT = Path(__file__).resolve().parents[2]
PACKET, INTERFACE = 6, 1


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    return block(SECTION, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order) + block(
        INTERFACE, struct.pack(order + "HHI", 1, 0, 0), order
    )


def packet(order: str = "<", payload: bytes = b"") -> bytes:
    frame = web(payload)
    return block(PACKET, struct.pack(order + "5I", 0, 0, 0, len(frame), len(frame)) + frame, order)


def keys(lines: bytes, order: str = "<", kind: int = TLS_KEYS) -> bytes:
    return block(SECRETS, struct.pack(order + "II", kind, len(lines)) + lines, order)


def read(path: Path) -> tuple[bytes, int]:
    """Return the keys that are known before the first packet, and the number of packets."""
    source = open_file(str(path))
    found = keys_in(source)
    assert found is not None
    lines = b"".join(iter(found.read, b""))
    packets = len(read_all(source))
    assert found.read() == b""
    return lines, packets


FILES = {
    "before": [section(), keys(key_lines(1, 2)), packet(), packet()],
    "between": [section(), packet(), keys(key_line(1)), packet(), keys(key_line(2))],
    "after": [section(), packet(), packet(), keys(key_lines(1, 2))],
    "big-endian": [section(">"), packet(">"), packet(">"), keys(key_lines(1, 2), ">")],
    "two sections": [section(), packet(), keys(key_line(1)), section(">"), packet(">"), keys(key_line(2), ">")],
    "without a last line end": [section(), packet(), keys(key_line(1)[:-1]), packet(), keys(key_line(2)[:-1])],
    "beside other secrets": [
        section(),
        keys(b"WireGuard\n", kind=0x57474B4C),
        packet(),
        packet(),
        keys(key_lines(1, 2)),
    ],
}


@pytest.mark.parametrize("blocks", FILES.values(), ids=FILES)
def test_keys_anywhere_in_a_file_are_known_before_its_packets(tmp_path: Path, blocks: list[bytes]) -> None:
    (tmp_path / "x").write_bytes(b"".join(blocks))
    assert read(tmp_path / "x") == (key_lines(1, 2), 2)


@pytest.mark.parametrize("blocks", FILES.values(), ids=FILES)
def test_through_a_pipe_keys_come_in_order_of_appearance(tmp_path: Path, blocks: list[bytes]) -> None:
    os.mkfifo(tmp_path / "x")
    writer = threading.Thread(target=lambda: (tmp_path / "x").write_bytes(b"".join(blocks)))
    writer.start()
    source = open_file(str(tmp_path / "x"))
    found = keys_in(source)
    assert found is not None
    before = found.read()
    packets = len(read_all(source))
    writer.join()
    assert before == b""
    assert packets == 2
    assert found.read() == key_lines(1, 2)


def test_keys_in_a_compressed_file_come_in_order_of_appearance(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(gzip.compress(b"".join(FILES["before"])))
    source = open_file(str(tmp_path / "x"))
    found = keys_in(source)
    assert found is not None
    assert source.read()
    assert found.read() == key_lines(1, 2)
    source.close()


def test_keys_behind_a_filter_are_found_too(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"".join(FILES["after"]))
    try:
        source = open_file(str(tmp_path / "x"), "tcp")
    except LibpcapMissing as missing:
        pytest.skip(str(missing))
    assert keys_in(source) is not None
    source.close()


def test_a_packet_that_looks_like_keys_is_a_packet(tmp_path: Path) -> None:
    disguised = b"\0\0" + keys(key_line(3)) * 2  # the payload starts two bytes before a multiple of four
    text = section() + packet(payload=disguised) + packet() + keys(key_line(1))
    assert text.index(keys(key_line(3))) % 4 == 0
    (tmp_path / "x").write_bytes(text)
    assert read(tmp_path / "x") == (key_line(1), 2)


def test_a_long_block_is_read_in_pieces_of_whole_lines(tmp_path: Path) -> None:
    lines = key_lines(*range(10_000))
    (tmp_path / "x").write_bytes(section() + packet() + keys(lines) + keys(key_line(1)))
    source = open_file(str(tmp_path / "x"))
    found = keys_in(source)
    assert found is not None
    pieces = list(iter(found.read, b""))
    source.close()
    assert b"".join(pieces) == lines + key_line(1)
    assert len(pieces) > 2
    assert all(piece.endswith(b"\n") for piece in pieces)


def test_a_length_beyond_the_block_brings_no_other_bytes(tmp_path: Path) -> None:
    lying = block(SECRETS, struct.pack("<II", TLS_KEYS, 2**31) + key_line(1))
    (tmp_path / "x").write_bytes(section() + lying + packet() + keys(key_line(2)))
    assert read(tmp_path / "x") == (key_line(2), 1)


def test_too_many_blocks_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "MOST_BLOCKS", 3)
    (tmp_path / "x").write_bytes(section() + b"".join(keys(key_line(number)) for number in range(5)))
    source = open_file(str(tmp_path / "x"))
    found = keys_in(source)
    assert found is not None
    assert b"".join(iter(found.read, b"")) == key_lines(0, 1, 2)
    assert found.warning == "the capture has more than 3 blocks of keys; the others were not read"
    source.close()


def test_endless_keys_without_packets_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "MOST_WAITING", 2 * len(key_line(0)))
    found = EmbeddedKeys()
    for number in range(5):
        found.add(struct.pack("<II", TLS_KEYS, len(key_line(number))) + key_line(number), "<")
    assert found.read() == key_lines(0, 1)
    assert found.warning == "the capture has more keys than packets; some were dropped"


def test_a_file_too_large_to_read_twice_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LARGEST", 100)
    (tmp_path / "x").write_bytes(b"".join(FILES["before"]))
    source = open_file(str(tmp_path / "x"))
    found = keys_in(source)
    assert found is not None
    assert found.read() == b""
    assert source.read()
    assert found.read() == key_lines(1, 2)
    source.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(FILES)), st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=8))
def test_no_damage_of_a_file_is_an_exception(tmp_path: Path, name: str, changes: list[tuple[int, int]]) -> None:
    text = bytearray(b"".join(FILES[name]))
    for place, value in changes:
        text[place % len(text)] = value
    (tmp_path / "x").write_bytes(text)
    with suppress(CaptureError):
        lines, _ = read(tmp_path / "x")
        assert lines.endswith(b"\n") or not lines


def test_standard_input_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"".join(FILES["before"]))
    program = (
        "from capture.open import keys_in, open_file; source = open_file('-'); keys = keys_in(source);"
        "print(len(keys.read()), len(source.read()), len(keys.read()))"
    )
    with (tmp_path / "x").open("rb") as given:
        done = subprocess.run([sys.executable, "-c", program], stdin=given, capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.split() == [b"0", b"2", str(len(key_lines(1, 2))).encode()]

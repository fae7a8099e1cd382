"""Capture files built by hand, intact and damaged, and files written by other tools."""

import gzip
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from capture_helpers import read_all, read_to_damage, web

import capture.pcap
import capture.pcapng
from capture.core import CORE
from capture.errors import BadFilter, CaptureError, DamagedCapture
from capture.open import open_file
from capture.source import Position
from capture.writer import PcapWriter
from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_RAW, Frame

FRAMES = [
    Frame(1700000000.25, LINKTYPE_ETHERNET, web(b"one"), 57),
    Frame(1700000000.5, LINKTYPE_ETHERNET, b"", 60),
    Frame(1700000001.75, LINKTYPE_ETHERNET, web(b"two")[:20], 1500),
]


@pytest.fixture(autouse=True, params=["core", "reference"])
def each_reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files with the core, and with the Python readers."""
    if request.param == "reference":
        for module in (capture.pcap, capture.pcapng):
            monkeypatch.setattr(module, "CORE", None)
    elif CORE is None:
        pytest.skip("the core is not built: make fast")


def pcap(frames: list[Frame], order: str = "<", magic: int = 0xA1B2C3D4, link_type: int = 1) -> bytes:
    per_second = 10**9 if magic == 0xA1B23C4D else 10**6
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for time, _, data, length in frames:
        out += struct.pack(order + "IIII", int(time), int(time % 1 * per_second), len(data), length)
        out += bytes(8 if magic == 0xA1B2CD34 else 0) + data
    return out


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link_type: int = 1, options: bytes = b"", snap_length: int = 0) -> bytes:
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, snap_length) + options)


def packet(order: str, frame: Frame, number: int = 0, ticks: int | None = None) -> bytes:
    ticks = int(frame.time * 10**6) if ticks is None else ticks
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame.data), frame.length)
    return block(order, 6, head + frame.data)


def pcapng(order: str = "<") -> bytes:
    return section(order) + interface(order) + b"".join(packet(order, frame) for frame in FRAMES)


def frames_of(path: Path, content: bytes) -> list[Frame]:
    path.write_bytes(content)
    return read_all(open_file(str(path)))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34])
def test_pcap_of_every_kind_and_byte_order_is_read(tmp_path: Path, order: str, magic: int) -> None:
    assert frames_of(tmp_path / "x", pcap(FRAMES, order, magic)) == FRAMES


def test_checksum_bits_beside_the_link_type_are_ignored(tmp_path: Path) -> None:
    assert frames_of(tmp_path / "x", pcap(FRAMES, link_type=0x54000001)) == FRAMES


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_of_either_byte_order_is_read(tmp_path: Path, order: str) -> None:
    assert frames_of(tmp_path / "x", pcapng(order)) == FRAMES


def test_a_section_ends_interfaces_and_may_change_the_byte_order(tmp_path: Path) -> None:
    second = section(">") + interface(">", LINKTYPE_RAW) + packet(">", FRAMES[0])
    frames = frames_of(tmp_path / "x", pcapng("<") + second)
    assert frames == [*FRAMES, FRAMES[0]._replace(link_type=LINKTYPE_RAW)]


@pytest.mark.parametrize(
    ("options", "ticks", "time"),
    [
        (struct.pack("<HHB3x", 9, 1, 9), 1700000000_250000000, 1700000000.25),
        (struct.pack("<HHB3x", 9, 1, 3), 1700000000_250, 1700000000.25),
        (struct.pack("<HHB3x", 9, 1, 0), 1700000000, 1700000000.0),
        (struct.pack("<HHB3x", 9, 1, 0x80 | 2), 1700000000 * 4 + 1, 1700000000.25),
        (struct.pack("<HHq", 14, 8, 1700000000), 250000, 1700000000.25),
        (struct.pack("<HHq", 14, 8, -5), 10_000_000, 5.0),
        (struct.pack("<HH4s", 2, 4, b"eth0") + struct.pack("<HHB3x", 9, 1, 9), 5 * 10**8, 0.5),
        (struct.pack("<HH", 0, 0) + struct.pack("<HHB3x", 9, 1, 9), 500_000, 0.5),
        (struct.pack("<HHB3x", 9, 1, 127), 1, 1e-127),
    ],
)
def test_the_clock_of_a_pcapng_interface_is_respected(tmp_path: Path, options: bytes, ticks: int, time: float) -> None:
    content = section("<") + interface("<", options=options) + packet("<", FRAMES[0], ticks=ticks)
    assert [frame.time for frame in frames_of(tmp_path / "x", content)] == [time]


def test_simple_and_obsolete_packets_are_read_and_unknown_blocks_skipped(tmp_path: Path) -> None:
    frame = FRAMES[0]
    ticks = int(frame.time * 10**6)
    old = struct.pack("<HHIIII", 0, 7, ticks >> 32, ticks & 0xFFFFFFFF, len(frame.data), frame.length) + frame.data
    simple = struct.pack("<I", 1000) + frame.data[:40]
    content = (
        section("<")
        + interface("<", snap_length=40)
        + block("<", 0xBAD, b"unknown")
        + block("<", 2, old)
        + block("<", 3, simple)
    )
    assert frames_of(tmp_path / "x", content) == [frame, frame._replace(data=frame.data[:40], length=1000)]


def parts_at(content: bytes) -> int:
    """Return how many frames the complete records contain."""
    if content[:4] != b"\n\r\r\n":
        return [len(pcap(FRAMES[:number])) for number in range(4)].index(len(content))
    sizes = [
        len(section("<") + interface("<") + b"".join(packet("<", f) for f in FRAMES[:number])) for number in range(4)
    ]
    return sizes.index(len(content)) if len(content) > 28 else 0


@pytest.mark.parametrize("content", [pcap(FRAMES), pcapng("<"), pcapng(">")])
def test_a_file_truncated_anywhere_yields_its_complete_frames(tmp_path: Path, content: bytes) -> None:
    for cut in range(28, len(content) + 1):
        path = tmp_path / "x"
        path.write_bytes(content[:cut])
        source = open_file(str(path))
        frames, damage = read_to_damage(source)
        assert source.read() is None
        source.close()
        assert frames == FRAMES[: len(frames)]
        rest = cut - (damage.offset if damage else cut)
        assert damage is None or f"truncated at byte {damage.offset}" in str(damage)
        assert parts_at(content[: cut - rest]) == len(frames)
        assert (damage is None) == (rest == 0)


@pytest.mark.parametrize(
    ("content", "count", "words"),
    [
        (pcap(FRAMES) + struct.pack("<IIII", 0, 0, 0x7FFFFFFF, 60), 3, "length 2,147,483,647 at byte"),
        (pcapng() + struct.pack("<III", 6, 0xFFFFFFF0, 0), 3, "length 4,294,967,280 at byte"),
        (pcapng() + struct.pack("<III", 6, 4, 0), 3, "length 4 at byte"),
        (pcapng() + struct.pack("<IIII", 5, 13, 0, 13), 3, "length 13 at byte"),
        (pcapng() + packet("<", FRAMES[0], number=9), 3, "interface 9"),
        (pcapng() + packet("<", FRAMES[0])[:-4] + bytes(4), 3, "lengths differ"),
        (pcapng() + block("<", 6, struct.pack("<5I", 0, 0, 0, 999, 999)), 3, "length 999 at byte"),
        (pcapng() + block("<", 6, b""), 3, "too short"),
        (pcapng() + block("<", 0x0A0D0D0A, bytes(16)), 3, "unknown byte order"),
        (section("<") + block("<", 3, bytes(8)), 0, "before any interface"),
    ],
)
def test_damage_is_reported_with_its_offset_after_all_frames_before_it(
    tmp_path: Path, content: bytes, count: int, words: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    source = open_file(str(path))
    frames, damage = read_to_damage(source)
    assert len(frames) == count
    assert damage
    assert words in str(damage)
    assert str(path) in str(damage)
    assert damage.offset == (len(pcap(FRAMES)) if content[:4] != b"\n\r\r\n" else len(pcapng()) if count else 28)
    assert source.counters() == (count, 0)
    source.close()


@pytest.mark.parametrize("content", [pcap(FRAMES * 500), section("<") + interface("<") + packet("<", FRAMES[0]) * 1500])
@pytest.mark.parametrize("members", [1, 3])
def test_gzip_with_several_members_and_padding_is_decompressed(tmp_path: Path, content: bytes, members: int) -> None:
    size = -(-len(content) // members)
    packed = b"".join(gzip.compress(content[start : start + size]) for start in range(0, len(content), size))
    assert len(frames_of(tmp_path / "x", packed + bytes(100))) == 1500


def test_gzip_members_that_meet_at_the_end_of_a_piece_are_joined(tmp_path: Path) -> None:
    content = pcap([FRAMES[0]._replace(data=os.urandom(60000))] * 4)
    first = gzip.compress(content[:65000], 0)
    stored = first + gzip.compress(content[65000:])
    for shift in (-2, -1, 0, 1):  # the first member ends near the end of a piece
        name = b"n" * (65536 - len(first) + shift - 1) + b"\0"
        named = stored[:3] + b"\x08" + stored[4:10] + name + stored[10:]
        assert len(frames_of(tmp_path / "x", named)) == 4


def test_corrupt_gzip_yields_all_readable_frames(tmp_path: Path) -> None:
    packed = gzip.compress(pcap(FRAMES))
    for content, words in (
        (packed[:-8], "gzip data is truncated"),
        (packed[:-8] + bytes(8), "gzip data is corrupt"),
    ):
        path = tmp_path / "x"
        path.write_bytes(content)
        source = open_file(str(path))
        assert list(source.read() or ()) == FRAMES
        with pytest.raises(DamagedCapture, match=words):
            source.read()
        source.close()


def test_a_gzip_bomb_is_read_in_pieces(tmp_path: Path) -> None:
    squeeze = zlib.compressobj(9, wbits=31)
    packed = squeeze.compress(pcap([]))
    record = struct.pack("<IIII", 0, 0, 65535, 65535) + bytes(65535)
    for _ in range(200):
        packed += squeeze.compress(record)
    path = tmp_path / "x"
    path.write_bytes(packed + squeeze.flush())
    source = open_file(str(path))
    sizes = []
    while (batch := source.read()) is not None:
        sizes.append(len(batch))
    assert sum(sizes) == 200
    assert max(sizes) <= 2**20 // 65535 + 2
    source.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a capture file (it is empty)"),
        (b"hello, this is text and no capture at all", "is not a capture file (no pcap or pcapng header)"),
        (pcap([])[:20], "is not a capture file (its header ends after 20 bytes)"),
        (b"\n\r\r\n" + bytes(40), "first pcapng section is invalid"),
        (gzip.compress(b"text", mtime=0), "is not a capture file"),
        (b"\x1f\x8bnonsense", "gzip data is corrupt"),
    ],
)
def test_other_files_are_rejected_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(CaptureError, match=re.escape(words)) as refusal:
        open_file(str(path))
    assert "\n" not in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_missing_files_and_directories_are_rejected_in_one_line(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "none", "No such file"), (tmp_path, "it is a directory"), ("a\0b", "cannot read")):
        with pytest.raises(CaptureError, match=words):
            open_file(str(path))


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_an_unreadable_file_is_rejected_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(pcap([]))
    path.chmod(0)
    who = os.geteuid()
    if who == 0:
        os.seteuid(65534)  # root can read everything
    try:
        with pytest.raises(CaptureError, match="Permission denied"):
            open_file(str(path))
    finally:
        os.seteuid(who)


def test_a_filter_is_applied_to_the_frames_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(pcap([FRAMES[0], FRAMES[0]._replace(data=web(port=81)), FRAMES[0]]))
    try:
        source = open_file(str(path), "tcp port 81")
    except CaptureError as reason:
        pytest.skip(str(reason))
    assert [frame.data for frame in read_all(source)] == [web(port=81)]
    assert source.counters() == (1, 0)
    with pytest.raises(BadFilter, match=r"invalid filter 'tcp porrt 80': .*syntax error"):
        open_file(str(path), "tcp porrt 80")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes cannot be polled on Windows")
@pytest.mark.parametrize("content", [pcap(FRAMES), pcapng(), gzip.compress(pcap(FRAMES), mtime=0)])
def test_standard_input_is_read_as_it_arrives(content: bytes) -> None:
    """A pipe fed byte by byte yields every frame; a silent one yields empty batches."""
    reading, writing = os.pipe()
    kept = os.dup(0)
    os.dup2(reading, 0)
    may_go_on = threading.Event()

    def feed() -> None:
        for place in range(len(content)):
            if place == len(content) - 1:
                may_go_on.wait(60)
            os.write(writing, content[place : place + 1])
        os.close(writing)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        source = open_file("-")
        frames: list[Frame] = []
        empty = 0
        while (batch := source.read()) is not None:
            frames += batch
            empty += not batch
            if not batch:
                may_go_on.set()
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(reading)
        feeder.join()
    source.close()
    assert frames == FRAMES
    assert empty
    assert source.name == "standard input"
    assert source.position() == Position(len(content), None)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("expression", ["", "ether[0] >= 0"])
def test_progress_is_measured_in_stored_bytes(tmp_path: Path, pack: Callable[[bytes], bytes], expression: str) -> None:
    noise = random.Random(1).randbytes(60_000)  # noise that gzip cannot compress
    stored = pack(pcap([Frame(1.0, LINKTYPE_ETHERNET, noise, len(noise))] * 60))
    path = tmp_path / "trace"
    path.write_bytes(stored)
    source = open_file(str(path), expression)
    positions = [source.position()]
    while source.read() is not None:
        positions.append(source.position())
    done = [position.done for position in positions if position is not None]
    assert {position.total for position in positions if position is not None} == {len(stored)}
    assert done == sorted(done)
    assert done[0] < done[-1] == len(stored)
    source.close()


def test_the_clock_of_a_file_is_the_time_of_its_latest_frame(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(pcap(FRAMES))
    source = open_file(str(path))
    assert source.clock() == 0
    source.read()
    assert source.clock() == FRAMES[-1].time
    assert not source.live
    source.close()
    source.close()
    assert source.read() is None


# Writing


def write(path: Path, frames: list[Frame]) -> PcapWriter:
    writer = PcapWriter(str(path))
    writer.write(frames)
    writer.close()
    writer.close()
    return writer


def test_a_written_file_is_read_back_with_the_same_times(tmp_path: Path) -> None:
    frames = [
        Frame(1700000000 + number * 0.123456789, 1, bytes([number % 256]) * number, 2000) for number in range(999)
    ]
    write(tmp_path / "x", frames)
    assert read_all(open_file(str(tmp_path / "x"))) == frames


def test_odd_times_and_long_frames_can_be_written(tmp_path: Path) -> None:
    frames = [Frame(-0.5, 1, b"x", 1), Frame(1e12, 1, b"x", 1), Frame(0.9999999999, 1, bytes(300000), 300000)]
    write(tmp_path / "x", frames)
    assert [len(frame.data) for frame in read_all(open_file(str(tmp_path / "x")))] == [1, 1, 262144]


def test_frames_with_another_link_type_are_skipped_and_counted(tmp_path: Path) -> None:
    writer = write(tmp_path / "x", [FRAMES[0], FRAMES[1]._replace(link_type=LINKTYPE_RAW), FRAMES[2]])
    assert writer.skipped == 1
    assert len(read_all(open_file(str(tmp_path / "x")))) == 2


def test_a_file_without_frames_is_still_a_capture(tmp_path: Path) -> None:
    write(tmp_path / "x", [])
    assert read_all(open_file(str(tmp_path / "x"))) == []


def test_failing_to_create_a_file_is_reported_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"cannot write .*No such file"):
        PcapWriter(str(tmp_path / "none" / "x"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_an_error_once_and_the_writer_stays_harmless() -> None:
    writer = PcapWriter("/dev/full")
    writer.write(FRAMES)
    with pytest.raises(CaptureError, match="writing to /dev/full failed: No space left"):
        writer.flush()
    writer.write(FRAMES)
    writer.close()


def test_a_disk_that_fills_up_leaves_complete_records(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    path = tmp_path / "x"
    writer = PcapWriter(str(path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(CaptureError, match=r"writing to .* failed"):
            writer.write([Frame(0.0, 1, bytes(1000), 1000)] * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    writer.close()
    assert read_all(open_file(str(path)))


# Files of other tools


@pytest.mark.parametrize("kind", ["pcap", "nsecpcap", "modpcap", "pcapng"])
def test_files_written_by_another_tool_are_read(tmp_path: Path, kind: str) -> None:
    if not shutil.which("editcap"):
        pytest.skip("needs editcap")
    frames = [Frame(1700000000 + number / 8, 1, web(bytes(number)), len(web(bytes(number)))) for number in range(1400)]
    write(tmp_path / "x", frames)
    command = ["editcap", "-F", kind, str(tmp_path / "x"), str(tmp_path / "y")]
    if subprocess.run(command, capture_output=True, timeout=60).returncode:
        pytest.skip(f"this editcap writes no {kind}")
    assert read_all(open_file(str(tmp_path / "y"))) == frames


def test_other_tools_read_what_we_write(tmp_path: Path) -> None:
    if not shutil.which("tcpdump"):
        pytest.skip("needs tcpdump")
    write(tmp_path / "x", [FRAMES[0]] * 3)
    command = ["tcpdump", "-nn", "-tt", "-r", str(tmp_path / "x")]
    lines = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("1700000000.250000")


def corpus() -> Path:
    beside = Path(__file__).parents[2] / ".." / "shared" / "corpus"
    return Path(os.environ.get("HTTP_MONITOR_CORPUS") or beside) / "pcaps"


def test_every_capture_of_the_corpus_has_as_many_frames_as_another_tool_counts() -> None:
    files = [path for path in sorted(corpus().rglob("*")) if path.is_file()]
    if not files:
        pytest.skip(f"no corpus at {corpus()}")
    if not shutil.which("capinfos"):
        pytest.skip("needs capinfos")
    different = []
    compared = 0
    for start in range(0, len(files), 50):
        some = files[start : start + 50]
        command = ["capinfos", "-c", "-M", "-T", "-r", "-m", *map(str, some)]
        counted = subprocess.run(command, capture_output=True, text=True, timeout=100).stdout
        theirs = dict(line.rsplit(",", 1) for line in counted.splitlines())
        compared += len(theirs)
        different += [path.name for path in some if str(path) in theirs and theirs[str(path)] != str(count(path))]
    assert different == []
    assert compared >= len(files) - 5


def count(path: Path) -> int:
    source = open_file(str(path))
    frames, _ = read_to_damage(source)
    source.close()
    return len(frames)

"""pcapng files: what is written is read back, by other tools too; keys are in the file only if that was asked for."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from capture_helpers import read_all, web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from key_lines import key_line, key_lines

from capture.errors import CaptureError
from capture.open import keys_in, open_file
from capture.pcapng_writer import LONGEST_COMMENT, FrameWriter, PcapngWriter, frame_writer
from capture.writer import PcapWriter
from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, LINKTYPE_RAW, Frame

FRAMES = [Frame(1700000000 + number / 8, LINKTYPE_ETHERNET, web(bytes(number)), 2000 + number) for number in range(9)]


def written(path: Path, frames: list[Frame], writer: FrameWriter | None = None) -> Path:
    writer = writer or PcapngWriter(str(path))
    writer.write(frames)
    writer.close()
    writer.close()
    return path


def tshark(path: Path, *options: str) -> str:
    if not shutil.which("tshark"):
        pytest.skip("not installed: tshark")
    command = ["tshark", "-r", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**40).map(lambda ticks: 1.7e9 + ticks / 1024),
            st.sampled_from([LINKTYPE_ETHERNET, LINKTYPE_RAW, LINKTYPE_LINUX_SLL2]),
            st.binary(max_size=30),
        )
    )
)
def test_what_is_written_is_read_back(tmp_path: Path, packets: list[tuple[float, int, bytes]]) -> None:
    frames = [Frame(time, link_type, data, len(data) + 7) for time, link_type, data in packets]
    assert read_all(open_file(str(written(tmp_path / "x", frames)))) == frames


def test_times_are_those_of_a_pcap_file(tmp_path: Path) -> None:
    frames = [Frame(1700000000 + number * 0.123456789, 1, b"x", 1) for number in range(999)]
    pcap = written(tmp_path / "x", frames, PcapWriter(str(tmp_path / "x")))
    assert read_all(open_file(str(written(tmp_path / "y", frames)))) == read_all(open_file(str(pcap))) == frames


def test_odd_times_and_long_frames_can_be_written(tmp_path: Path) -> None:
    frames = [Frame(-0.5, 1, b"x", 1), Frame(1e12, 1, b"x", 1), Frame(0.9999999999, 1, bytes(300000), 300000)]
    assert [len(frame.data) for frame in read_all(open_file(str(written(tmp_path / "x", frames))))] == [1, 1, 262144]


def test_comments_are_in_the_file(tmp_path: Path) -> None:
    writer = PcapngWriter(str(tmp_path / "x"), "the incident")
    writer.write(FRAMES[:1])
    writer.write_one(FRAMES[1], "nginx (712) → shop")
    writer.write_one(FRAMES[2], "ä" * LONGEST_COMMENT)
    writer.close()
    assert read_all(open_file(str(tmp_path / "x"))) == FRAMES[:3]
    shown = tshark(tmp_path / "x", "-T", "fields", "-e", "frame.comment", "-e", "frame.time_epoch").splitlines()
    assert [line.split("\t")[0] for line in shown] == ["", "nginx (712) → shop", "ä" * (LONGEST_COMMENT // 2)]
    assert shown[1].endswith("\t1700000000.125000000")
    assert b"the incident" in (tmp_path / "x").read_bytes()


def test_a_name_asks_for_a_format(tmp_path: Path) -> None:
    for name, kind in (
        ("x.pcapng", PcapngWriter),
        ("X.PCAPNG", PcapngWriter),
        ("x.pcap", PcapWriter),
        ("x", PcapWriter),
    ):
        writer = frame_writer(str(tmp_path / name), os.open, embeds_keys=False)
        assert type(writer) is kind
        writer.close()
        assert read_all(open_file(str(tmp_path / name))) == []


# Keys -----------------------------------------------------------------------------------------------------------------


def keys_of(path: Path) -> bytes:
    source = open_file(str(path))
    keys = keys_in(source)
    lines = b"" if keys is None else b"".join(iter(keys.read, b""))
    source.close()
    return lines


@pytest.mark.parametrize("name", ["x.pcapng", "x.pcap"])
def test_keys_are_not_written_unless_that_was_asked_for(tmp_path: Path, name: str) -> None:
    writer = frame_writer(str(tmp_path / name), os.open, embeds_keys=False)
    writer.add_secrets(key_lines(1, 2))
    written(tmp_path / name, FRAMES, writer)
    assert key_line(1).split()[2] not in (tmp_path / name).read_bytes()


def test_keys_are_written_when_they_arrive(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    writer = frame_writer(str(path), os.open, embeds_keys=True)
    writer.write(FRAMES[:1])
    writer.add_secrets(key_lines(1, 2))
    writer.write(FRAMES[1:2])
    writer.add_secrets(key_line(3))
    written(path, FRAMES[2:], writer)
    assert keys_of(path) == key_lines(1, 2, 3)
    assert read_all(open_file(str(path))) == FRAMES
    text = path.read_bytes()
    assert text.index(FRAMES[0].data) < text.index(key_line(2)) < text.index(FRAMES[8].data)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_others_can_read_gets_no_keys_and_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"mine")
    path.chmod(0o644)
    with pytest.raises(CaptureError, match=f"others can read {path}, which is to have keys; chmod 600 {path}"):
        PcapngWriter(str(path), embeds_keys=True)
    assert path.read_bytes() == b"mine"
    path.chmod(0o600)
    assert read_all(open_file(str(written(path, FRAMES, PcapngWriter(str(path), embeds_keys=True))))) == FRAMES


def fill(writer: PcapngWriter) -> None:
    for number in range(5000):
        writer.add_secrets(key_line(number))
        writer.write([Frame(0.0, 1, bytes(1000), 1000)])


def test_a_full_disk_leaves_whole_blocks(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    path = tmp_path / "x"
    writer = PcapngWriter(str(path), embeds_keys=True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(CaptureError, match=r"writing to .* failed"):
            fill(writer)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    writer.write(FRAMES)
    writer.close()
    assert read_all(open_file(str(path)))


def test_other_tools_find_packets_and_keys(tmp_path: Path) -> None:
    writer = PcapngWriter(str(tmp_path / "x"), embeds_keys=True)
    writer.add_secrets(key_lines(1, 2))
    written(tmp_path / "x", [*FRAMES, Frame(1700000009.5, LINKTYPE_RAW, FRAMES[0].data[14:], 100)], writer)
    packets = json.loads(tshark(tmp_path / "x", "-T", "json", "-e", "frame.len", "-e", "frame.protocols"))
    assert [int(packet["_source"]["layers"]["frame.len"][0]) for packet in packets] == [*range(2000, 2009), 100]
    assert packets[-1]["_source"]["layers"]["frame.protocols"][0].startswith("raw:ip:tcp")
    if shutil.which("capinfos"):
        command = ["capinfos", str(tmp_path / "x")]
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        assert "Number of decryption secrets in file: 1" in found

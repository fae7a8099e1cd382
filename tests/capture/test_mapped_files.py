"""The files that programs execute are found in /proc, each once."""

import os
import sys
from pathlib import Path

import pytest

from capture.keys import mapped
from capture.keys.machine_code import Layout
from capture.keys.mapped import MappedFiles, Mapping, code_mappings
from capture.keys.probes import cookie, has_mark

MAPS = """\
00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/dbus-daemon
00651000-00652000 r--p 00051000 08:02 173521 /usr/bin/dbus-daemon
00e03000-00e24000 rw-p 00000000 00:00 0 [heap]
35b1a21000-35b1a22000 rw-p 00000000 00:00 0
7f0c1a000000-7f0c1a021000 r-xp 00001000 00:2f 8712 /opt/a folder/libssl.so.3 (deleted)
7f0c1b000000-7f0c1b021000 rwxp 00000000 00:00 0
7ffd6f3f9000-7ffd6f3fb000 r-xp 00000000 00:00 0 [vdso]
"""
MARK = b"SERVER_HANDSHAKE_TRAFFIC_SECRET"


def test_code_of_a_process() -> None:
    """The kernel pads addresses in `maps`, but not in the names of `map_files`."""
    assert list(code_mappings("/proc/1", MAPS)) == [
        Mapping("/proc/1/map_files/400000-452000", ("08:02", "173521"), "dbus-daemon"),
        Mapping("/proc/1/map_files/7f0c1a000000-7f0c1a021000", ("00:2f", "8712"), "libssl.so.3"),
    ]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[Mapping]:
    """What /proc shows: a test changes it."""
    if not sys.platform.startswith("linux"):
        pytest.skip("runs on Linux only")
    shown: list[Mapping] = []
    monkeypatch.setattr(mapped, "mappings", lambda: iter(shown))
    monkeypatch.setattr(mapped, "_SYSTEM", ())
    return shown


def names(files: MappedFiles) -> list[str]:
    return [file.name for file in files.new()]


def test_each_file_once(processes: list[Mapping], tmp_path: Path) -> None:
    one, two = (tmp_path / name for name in ("one", "two"))
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    files = MappedFiles()
    processes += [Mapping(str(one), ("08:02", "1"), "one")] * 2
    processes += [Mapping(str(one), ("00:2f", "1"), "one"), Mapping(str(tmp_path / "gone"), ("08:02", "9"), "gone")]
    assert names(files) == ["one"]
    processes += [Mapping(str(two), ("08:02", "2"), "two")]
    assert names(files) == ["two"]
    assert names(files) == []


def test_number_of_a_deleted_file_is_used_again(processes: list[Mapping], tmp_path: Path) -> None:
    files = MappedFiles()
    for name in ("old", "new"):
        (tmp_path / name).write_bytes(name.encode())
        processes[:] = [Mapping(str(tmp_path / name), ("08:02", "1"), name)]
        assert names(files) == [name]
        processes.clear()
        assert names(files) == []


def test_file_that_cannot_be_opened_is_tried_again(processes: list[Mapping], tmp_path: Path) -> None:
    files = MappedFiles()
    processes += [Mapping(str(tmp_path / "late"), ("08:02", "1"), "late")]
    assert names(files) == []
    (tmp_path / "late").write_bytes(b"there")
    assert names(files) == ["late"]


def test_limit(processes: list[Mapping], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "MOST_FILES", 2)
    for number in range(3):
        (tmp_path / str(number)).write_bytes(b"x")
        processes.append(Mapping(str(tmp_path / str(number)), ("08:02", str(number)), str(number)))
    files = MappedFiles()
    assert names(files) == ["0", "1"]
    assert files.is_full


@pytest.mark.parametrize("place", [0, 2**20 - len(MARK), 2**20 - 1, 2**20, 2**20 + 1])
def test_mark_across_pieces(tmp_path: Path, place: int) -> None:
    """The file is read in pieces of 1 MiB."""
    for mark, expected in ((MARK, True), (MARK[:-1] + b"?", False)):
        path = tmp_path / "program"
        path.write_bytes(bytes(place) + mark + bytes(100))
        file = os.open(path, os.O_RDONLY)
        assert has_mark(file) is expected
        os.close(file)


def test_cookie_has_the_fields_of_the_program() -> None:
    """In C: the offset and the pointer with 16 bits each, and the number of the probe."""
    assert cookie(7, Layout(pointer=0xA8, offset=0xB8)).to_bytes(8, "little") == bytes.fromhex("b800 a800 07000000")

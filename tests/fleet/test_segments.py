"""The log of the spool: what was appended is there after whatever happens to process, disk and files."""

import contextlib
import itertools
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from fleet import segments
from fleet.segments import HEAD, Damage, Log

MARKER = 0x1234_5678_9ABC_DEF0
SIZE, AGE = 16_000, 1600.0


def opened(folder: Path, size: int = SIZE, age: float = AGE) -> Log:
    return Log(folder, "bucket", MARKER, size, age)


def filled(folder: Path, entries: int, length: int = 100) -> Log:
    log = opened(folder)
    for number in range(1, entries + 1):
        assert log.append(f"{number}:".encode().ljust(length, b"."), 1000.0) == number
    return log


def numbers(log: Log, after: int = 0) -> list[int]:
    found = list(log.iterate(after))
    assert all(entry.contents.startswith(f"{entry.number}:".encode()) for entry in found)
    return [entry.number for entry in found]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.log"))


def test_entries_are_there_after_a_restart(tmp_path: Path) -> None:
    filled(tmp_path, 25).close()
    log = opened(tmp_path)
    assert (log.found, log.next, len(log)) == (Damage(), 26, 25)
    assert numbers(log) == list(range(1, 26))
    assert numbers(log, 20) == [21, 22, 23, 24, 25]
    assert [entry.number for entry in log.newest()][:3] == [25, 24, 23]
    assert log.append(b"26:", 1000) == 26
    assert len(files(tmp_path)) == log.files == 4


def test_entries_are_read_in_batches_of_bounded_size(tmp_path: Path) -> None:
    log, last, sizes = filled(tmp_path, 40), 0, []
    while batch := log.after(last, 350):
        assert [entry.number for entry in batch] == list(range(last + 1, last + 1 + len(batch)))
        last = batch[-1].number
        sizes.append(len(batch))
    assert (last, set(sizes)) == (40, {3, 1})
    assert [entry.number for entry in log.after(7, 1)] == [8]


def test_a_torn_end_is_cut_off_at_every_length(tmp_path: Path) -> None:
    filled(tmp_path, 3).close()
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    start = len(whole) * 2 // 3
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        log = opened(tmp_path)
        assert (log.found, log.next, numbers(log)) == (Damage(torn=int(end > start)), 3, [1, 2])
        assert log.append(b"3: again", 1000) == 3
        log.close()
        again = opened(tmp_path)
        assert (again.found, numbers(again)) == (Damage(), [1, 2, 3])


def test_a_damaged_byte_costs_one_entry_wherever_it_is(tmp_path: Path) -> None:
    filled(tmp_path, 4).close()
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    each = len(whole) // 4
    for place in range(each, 2 * each):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        log = opened(tmp_path)
        assert (log.found, log.next, numbers(log)) == (Damage(missing=1), 5, [1, 3, 4])


def test_a_file_of_noise_costs_only_its_entries(tmp_path: Path) -> None:
    filled(tmp_path, 25).close()
    second = files(tmp_path)[1]
    lost = len(second.read_bytes()) // (HEAD.size + 100)
    second.write_bytes(os.urandom(5000))
    log = opened(tmp_path)
    assert log.found == Damage(missing=lost)
    assert len(numbers(log)) == 25 - lost
    assert log.append(b"26:", 1000) == 26


def test_text_that_looks_like_an_entry_is_none(tmp_path: Path) -> None:
    log = opened(tmp_path)
    forged = HEAD.pack(bytes(8), 2, 0, 99, 0.0) + b"99"
    log.append(b"1:" + forged * 3, 1000)
    log.append(b"2:", 1000)
    log.close()
    (path,) = files(tmp_path)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    assert numbers(opened(tmp_path)) == [2]


def test_old_files_are_deleted_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    log = filled(tmp_path, 400)
    dropped = log.drop_old(1000)
    assert log.size <= SIZE
    assert numbers(log) == list(range(dropped + 1, 401))
    assert log.files <= segments.SEGMENTS + 2
    assert len(files(tmp_path)) == log.files
    assert opened(tmp_path).found == Damage()


def test_old_files_are_deleted_after_their_time(tmp_path: Path) -> None:
    log = opened(tmp_path)
    for number in range(1, 41):
        log.append(f"{number}:".encode(), 100.0 * number)
    assert log.files == 40
    assert log.drop_old(100.0 * 20 + AGE) == 19
    assert numbers(log) == list(range(20, 41))
    assert log.drop_old(1e12) == 39
    assert numbers(log) == [40]


def test_what_is_done_with_is_deleted_but_not_the_last_number(tmp_path: Path) -> None:
    log = filled(tmp_path, 25)
    log.drop_until(25)
    assert log.files == 1
    log.close()
    assert opened(tmp_path).append(b"26:", 1000) == 26


def test_restarts_do_not_make_more_files(tmp_path: Path) -> None:
    for number in range(1, 30):
        log = opened(tmp_path)
        assert log.append(f"{number}:".encode(), 1000) == number
        log.close()
    assert len(files(tmp_path)) == 2


LIMITED = """
import resource, sys
from pathlib import Path
from fleet.segments import Log
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = Log(Path(sys.argv[1]), "bucket", int(sys.argv[2]), 10**9, 1600.0)
failed = 0
for number in range(1, 60):
    resource.setrlimit(resource.RLIMIT_FSIZE, (500 if 20 <= number < 40 else 10**6, resource.RLIM_INFINITY))
    try:
        kept = log.append(f"{log.next}:".encode().ljust(200, b"."), 1000.0)
        print(kept)
    except OSError as error:
        failed += 1
sys.exit(100 + failed)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit for the size of files here")
def test_a_disk_that_was_full_leaves_no_gap(tmp_path: Path) -> None:
    """Files may not be longer than 500 bytes for a while: nothing fits into the first, two entries into each other."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), str(MARKER)],
        stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True,
    )  # fmt: skip
    kept = [int(line) for line in done.stdout.split()]
    assert done.returncode > 101, "some entries could not be written"
    assert kept == list(range(1, len(kept) + 1))
    log = opened(tmp_path)
    assert numbers(log) == kept
    assert log.found == Damage()


def test_a_failure_to_sync_makes_a_new_file_and_no_entry_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, fails = filled(tmp_path, 2), iter([True, False])

    def fsync(file: int) -> None:
        if next(fails, False):
            raise OSError(5, "Input/output error")

    def ftruncate(file: int, size: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "ftruncate", ftruncate)
    with pytest.raises(OSError, match="Input"):
        log.append(b"3: not kept", 1000)
    assert log.append(b"3:", 1000) == 3
    assert [entry.contents for entry in log.iterate(2)] == [b"3:"]
    log.close()
    again = opened(tmp_path)
    assert [entry.contents for entry in again.iterate(2)] == [b"3:"]
    assert (again.found, len(again), len(files(tmp_path))) == (Damage(), 3, 2)


def test_a_disk_that_fails_now_and_then_makes_a_bounded_number_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, calls = opened(tmp_path), itertools.count()

    def fsync(file: int) -> None:
        if next(calls) % 7 == 6:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    for _ in range(600):
        with contextlib.suppress(OSError):
            log.append(f"{log.next}:".encode(), 1000)
            log.drop_old(1000)
    assert log.files <= segments.MAX_FILES
    kept = numbers(log)
    assert kept == list(range(kept[0], log.next))
    log.close()
    assert numbers(opened(tmp_path)) == kept

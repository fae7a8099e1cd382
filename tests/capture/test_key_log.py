"""Key logs are followed as they grow, are truncated and rotate; only whole lines are handed on, and nothing blocks."""

import os
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from key_lines import key_line, key_lines
from sudo_caller import as_root

from capture.errors import CaptureError
from capture.keys.access import KeysExposed, Trusted
from capture.keys.followed import PIECE, RECENT, Followed
from capture.keys.key_log import KeyLog
from capture.keys.whole_lines import LONGEST, WholeLines, count_keys
from capture.privileges import User

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files are followed by their inodes")
ANNA = User("anna", 4001, 4002)
NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return log(tmp_path / "keys.log", b"")


def log(path: Path, text: bytes) -> Path:
    path.write_bytes(text)
    path.chmod(0o600)
    return path


def add(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def opened(path: Path, *, live: bool = True, trusted: Trusted | None = None) -> KeyLog:
    return KeyLog(str(path), trusted or Trusted(), live=live)


# Growing --------------------------------------------------------------------------------------------------------------


def test_new_lines_are_read_once(path: Path) -> None:
    keys = opened(path)
    assert keys.read() == b""
    add(path, key_lines(1, 2))
    assert keys.read() == key_lines(1, 2)
    assert keys.read() == b""
    add(path, key_line(3))
    assert keys.read() == key_line(3)
    assert keys.warning == ""


def test_a_line_that_is_cut_waits_for_its_rest(path: Path) -> None:
    keys = opened(path)
    add(path, key_line(1) + key_line(2)[:50])
    assert keys.read() == key_line(1)
    assert keys.read() == b""
    add(path, key_line(2)[50:])
    assert keys.read() == key_line(2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 400), max_size=20))
def test_lines_are_the_same_however_they_arrive(sizes: list[int]) -> None:
    text, lines, whole = key_lines(*range(20)), WholeLines(), b""
    for size in sizes:
        whole += lines.add(text[:size])
        assert whole.endswith(b"\n") or not whole
        text = text[size:]
    assert whole + lines.add(text) == key_lines(*range(20))


def test_a_line_without_an_end_takes_no_memory() -> None:
    lines = WholeLines()
    given = b"".join(lines.add(b"x" * 1000) for _ in range(100))
    assert given.count(b"\n") == 1
    assert len(given) <= LONGEST + 1
    assert lines.add(b"still\n" + key_line(1)) == key_line(1)


def test_a_read_is_bounded(path: Path) -> None:
    keys = opened(path)
    text = key_lines(*range(3 * PIECE // len(key_line(0))))
    add(path, text)
    pieces = list(iter(keys.read, b""))
    assert b"".join(pieces) == text
    assert max(map(len, pieces)) < PIECE + len(key_line(0))


def test_live_only_the_end_of_a_long_log_matters(path: Path) -> None:
    add(path, key_lines(*range(3 * RECENT // len(key_line(0)))))
    read = b"".join(iter(opened(path).read, b""))
    assert RECENT - len(key_line(0)) <= len(read) <= RECENT
    assert path.read_bytes().endswith(read)
    assert read.startswith(b"CLIENT")
    assert b"".join(iter(opened(path, live=False).read, b"")) == path.read_bytes()


def test_keys_are_counted_without_comments_and_empty_lines() -> None:
    assert count_keys(b"# made by a server\n\n" + key_line(1) + b"# more\n" + key_line(2)) == 2
    assert count_keys(b"") == 0


# Truncated ------------------------------------------------------------------------------------------------------------


def test_a_truncated_file_is_read_from_its_start(path: Path) -> None:
    keys = opened(path)
    add(path, key_lines(1, 2))
    keys.read()
    os.truncate(path, 0)
    add(path, key_line(3))
    assert keys.read() == key_line(3)


def test_a_file_that_was_truncated_and_is_longer_again_is_noticed(path: Path) -> None:
    keys = opened(path)
    add(path, key_lines(1, 2))
    keys.read()
    os.truncate(path, 0)
    add(path, key_lines(3, 4, 5))
    assert b"".join((keys.read(), keys.read())) == key_lines(3, 4, 5)


def test_a_writer_that_goes_on_at_its_old_position_leaves_a_hole(path: Path) -> None:
    keys = opened(path)
    with path.open("wb", buffering=0) as writer:
        writer.write(key_lines(*range(2000)))
        while keys.read():
            pass
        os.truncate(path, 0)
        assert keys.read() == b""
        writer.write(key_line(3))
    assert path.stat().st_size > PIECE
    assert keys.read() == key_line(3)


def test_a_line_cut_by_the_truncation_is_no_start_of_the_next(path: Path) -> None:
    keys = opened(path)
    add(path, key_line(1)[:40])
    keys.read()
    os.truncate(path, 0)
    assert keys.read() == key_line(1)[:40] + b"\n"
    add(path, key_line(2))
    assert keys.read() == key_line(2)


# Rotated --------------------------------------------------------------------------------------------------------------


def test_after_a_rotation_both_files_are_read(path: Path) -> None:
    keys = opened(path)
    add(path, key_line(1))
    keys.read()
    old = path.rename(path.with_suffix(".1"))
    add(old, key_line(2))
    assert keys.read() == key_line(2)
    assert keys.warning == f"the key log {path} is gone; waiting for a new one"
    log(path, key_line(3))
    add(old, key_line(4))
    assert keys.read() == key_lines(4, 3)
    assert keys.warning == ""
    add(old, key_line(5))  # the server opens the new file when it is told to
    assert keys.read() == key_line(5)


def test_a_second_rotation_ends_the_first_file(path: Path) -> None:
    keys = opened(path)
    files = len(os.listdir("/proc/self/fd")) if sys.platform.startswith("linux") else 0
    for number in range(5):
        path.rename(path.with_suffix(f".{number}"))
        log(path, key_line(number))
        assert keys.read() == key_line(number)
    if files:
        assert len(os.listdir("/proc/self/fd")) == files + 1


def test_what_a_file_had_left_when_it_was_given_up_is_not_lost(path: Path) -> None:
    keys = opened(path)
    add(path, key_line(1)[:-1])
    keys.read()
    for number in (2, 3):
        path.rename(path.with_suffix(f".{number}"))
        log(path, key_line(number))
        read = keys.read()
    assert read == key_lines(1, 3)


def test_a_deleted_file_is_closed_so_that_its_space_is_free(path: Path) -> None:
    keys = opened(path)
    path.unlink()
    log(path, key_line(1))
    assert keys.read() == key_line(1)
    assert keys.read() == b""
    assert len(keys._files) == 1


def test_a_log_that_does_not_exist_yet_is_waited_for(tmp_path: Path) -> None:
    keys = opened(tmp_path / "keys.log")
    assert keys.read() == b""
    assert keys.warning == f"waiting for the key log {tmp_path / 'keys.log'}, which does not exist yet"
    log(tmp_path / "keys.log", key_line(1))
    assert keys.read() == key_line(1)
    assert keys.warning == ""


def test_a_new_file_that_others_can_read_is_refused_and_the_old_one_read_on(path: Path) -> None:
    keys = opened(path)
    old = path.rename(path.with_suffix(".1"))
    path.write_bytes(key_line(1))
    path.chmod(0o644)
    add(old, key_line(2))
    assert keys.read() == key_line(2)
    assert keys.warning == f"others can read or write the keys in {path}; chmod 600 {path}"
    path.chmod(0o600)
    assert keys.read() == key_line(1)
    assert keys.warning == ""


@as_root
def test_a_new_file_that_the_user_cannot_read_is_named_with_the_fix(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents[:3]:
        folder.chmod(folder.stat().st_mode | 0o011)
    path = log(tmp_path / "keys.log", b"")
    keys = opened(path)
    old = path.rename(path.with_suffix(".1"))
    log(path, key_line(1))
    add(old, key_line(2))
    os.seteuid(NOBODY)
    try:
        assert keys.read() == key_line(2)
    finally:
        os.seteuid(0)
    assert keys.warning == (
        f"cannot read the new {path}: Permission denied; let nobody read it (setfacl -m u:nobody:r), "
        "or choose its owner with --user"
    )


# FIFOs ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo", 0o600)
    return tmp_path / "fifo"


def test_writers_of_a_fifo_come_and_go(fifo: Path) -> None:
    keys = opened(fifo)
    assert keys.read() == b""  # nobody has opened it
    for number in (1, 2):
        with fifo.open("wb", buffering=0) as writer:
            assert keys.read() == b""  # somebody has, but says nothing
            writer.write(key_line(number)[:30])
            assert keys.read() == b""
            writer.write(key_line(number)[30:])
            assert keys.read() == key_line(number)
    assert keys.read() == b""


def test_a_line_that_a_writer_did_not_finish_is_a_line(fifo: Path) -> None:
    keys = opened(fifo)
    with fifo.open("wb", buffering=0) as writer:
        writer.write(key_line(1)[:30])
        assert keys.read() == b""
    with fifo.open("wb", buffering=0) as writer:
        assert keys.read() == b""
        writer.write(key_line(2))
        assert keys.read() == key_line(1)[:30] + key_line(2)
    with fifo.open("wb", buffering=0) as writer:
        writer.write(key_line(3)[:30])
        assert keys.read() == b""
    assert keys.read() == key_line(3)[:30] + b"\n"


# Refused --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o660, 0o640, 0o777])
def test_a_log_that_others_can_use_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    if mode & 0o007 == 0 and os.geteuid() == 0:
        os.chown(path, 0, 65534)  # otherwise the group may be the user's own
    with pytest.raises(KeysExposed, match=f"^others can read or write the keys in {path}; chmod 600 {path}$"):
        opened(path)


@as_root
def test_the_owner_is_somebody_who_may_know_the_keys(path: Path) -> None:
    for owner in (0, 33, ANNA.number):  # root, a service, the user that the program becomes
        os.chown(path, owner, owner)
        opened(path, trusted=Trusted(ANNA)).close()
    os.chown(path, 4005, 4005)
    with pytest.raises(KeysExposed, match=r"belongs to user 4005, who can read the keys; chown root .*, or --user"):
        opened(path, trusted=Trusted(ANNA))


@as_root
@pytest.mark.parametrize(
    ("members", "is_private"),
    [([], True), (["anna"], True), (["www"], True), (["anna", "www"], True), (["bob"], False), (["gone"], False)],
)
@pytest.mark.parametrize("is_primary", [False, True])
def test_a_group_may_have_only_users_who_may_know_the_keys(
    path: Path, monkeypatch: pytest.MonkeyPatch, members: list[str], is_private: bool, is_primary: bool
) -> None:
    import grp
    import pwd

    numbers = {"anna": ANNA.number, "www": 33, "bob": 4005}
    known = {name: SimpleNamespace(pw_uid=number, pw_gid=100) for name, number in numbers.items()}
    everybody = [SimpleNamespace(pw_uid=numbers.get(name), pw_gid=812) for name in members] if is_primary else []
    monkeypatch.setattr(pwd, "getpwnam", known.__getitem__)
    monkeypatch.setattr(pwd, "getpwall", lambda: everybody)
    monkeypatch.setattr(grp, "getgrgid", lambda number: SimpleNamespace(gr_mem=[] if is_primary else members))
    path.chmod(0o640)
    os.chown(path, 33, 812)
    if is_private:
        opened(path, trusted=Trusted(ANNA)).close()
    else:
        with pytest.raises(KeysExposed, match="others can read"):
            opened(path, trusted=Trusted(ANNA))


@as_root
def test_a_group_that_nobody_knows_is_refused(path: Path) -> None:
    path.chmod(0o640)
    os.chown(path, 0, 712_345)
    with pytest.raises(KeysExposed, match="others can read"):
        opened(path)


def acl(*entries: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NO_ID = 2**32 - 1


@as_root
@pytest.mark.parametrize(("reader", "is_trusted"), [(4001, True), (4005, False)])
def test_an_access_list_may_name_only_users_who_may_know_the_keys(path: Path, reader: int, is_trusted: bool) -> None:
    owner, group, mask, others = ((1, 6, NO_ID), (4, 0, NO_ID), (16, 4, NO_ID), (32, 0, NO_ID))
    try:
        os.setxattr(path, "system.posix_acl_access", acl(owner, (2, 4, reader), group, mask, others))
    except OSError as reason:
        pytest.skip(f"no access lists here: {reason.strerror}")
    assert path.stat().st_mode & 0o777 == 0o640
    if is_trusted:
        opened(path, trusted=Trusted(ANNA)).close()
    else:
        with pytest.raises(KeysExposed, match="others can read"):
            opened(path, trusted=Trusted(ANNA))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(CaptureError, match="neither a file nor a FIFO"):
        opened(tmp_path)


def test_offline_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"cannot read the keys in .*keys.log: there is no such file"):
        opened(tmp_path / "keys.log", live=False)


def test_a_file_that_fails_is_a_warning(path: Path) -> None:
    keys = opened(path)
    os.close(keys._files[0]._file)
    assert keys.read() == b""
    assert keys.warning == f"cannot read on in the key log {path}: Bad file descriptor"
    keys._files[0]._file = -1


def test_a_closed_file_has_no_more_lines(path: Path) -> None:
    file = Followed(os.open(path, os.O_RDONLY), whole=True)
    file.close()
    file.close()
    assert file.read() == b""

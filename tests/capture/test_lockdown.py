import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from capture.lockdown import Grants, lock_down, lockable

ROOT = Path(__file__).parents[2]
GRANTED = (
    "write to the granted folder",
    "replace a file there",
    "use what is open",
    "start a thread",
    "make a pair of sockets",
    "open /dev/null",
    "read facts about itself",
)
MISSING = ("clone3", "a later call", "execve of x32")
"""Calls that the kernel seems not to have."""
CONTROLS = (
    "read a secret",
    "read /etc/passwd",
    "list a folder",
    "write elsewhere",
    "delete a file",
    "fork",
    "spawn a shell",
    "signal the parent",
    "connect by TCP",
    "listen",
    "send by UDP",
    "make a local socket",
)
"""Attempts that succeed without the lock, and so do no harm here."""

locking = pytest.mark.skipif(not lockable(), reason="the core is not built, or not for this system")


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    """The granted folder, and another one; every user may use both."""
    above = Path(tempfile.mkdtemp())
    granted, outside = above / "granted", above / "outside"
    for folder in (above, granted, outside):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
    for name in ("secret", "old"):
        (outside / name).write_text(name)
        (outside / name).chmod(0o666)
    yield granted, outside
    shutil.rmtree(above)


def tried(folders: tuple[Path, Path], *names: str, **environment: str) -> dict[str, str]:
    """Return the errors of all attempts by a process that is locked down, or of the named ones by one that is not."""
    command = [sys.executable, str(Path(__file__).with_name("escapes.py")), *map(str, folders), *names]
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    run = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, **environment, "PYTHONPATH": path}
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, str] = json.loads(run.stdout)
    locked = found.pop("locked")
    if not names and "seccomp" not in locked:
        pytest.skip(f"this kernel locks down {locked}")
    if not names and "network (Landlock" not in locked:
        pytest.skip(f"this kernel is too old for all of it: {locked}")
    return found


def assert_locked(found: dict[str, str]) -> None:
    """Check that what is granted works, and that all else is refused."""
    assert {name: found.pop(name) for name in GRANTED} == dict.fromkeys(GRANTED, "")
    assert {name: found.pop(name) for name in MISSING} == dict.fromkeys(MISSING, "ENOSYS")
    assert {name for name, error in found.items() if error not in ("EPERM", "EACCES", "EXDEV")} == set()


@locking
def test_hostile_code_cannot_leave_the_lock(folders: tuple[Path, Path]) -> None:
    found = tried(folders)
    assert found.pop("import a module") == ""
    assert_locked(found)
    assert (folders[1] / "secret").read_text() == "secret"
    assert sorted(os.listdir(folders[1])) == ["old", "secret"]


@locking
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_nor_as_another_user(folders: tuple[Path, Path]) -> None:
    found = tried(folders, NUMBER="65534")
    found.pop("import a module")  # that user may not be allowed to read the interpreter
    assert_locked(found)


@locking
def test_without_the_lock_it_can(folders: tuple[Path, Path]) -> None:
    assert tried(folders, *CONTROLS) == dict.fromkeys(CONTROLS, "")


@locking
def test_a_granted_family_of_sockets_may_be_made_but_neither_raw_ones_nor_connections(
    folders: tuple[Path, Path],
) -> None:
    found = tried(folders, FAMILIES="2")
    assert found["send by UDP"] == ""
    assert found["make a raw socket"] == found["make a local socket"] == "EPERM"
    assert found["connect by TCP"] == found["listen"] == "EACCES"


def test_no_thread_may_run_that_would_not_be_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("capture.lockdown._core", object)
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="before threads start"):
            lock_down(Grants())
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("in_force", "words"),
    [
        ((7, True), "files and network (Landlock 7), system calls (seccomp)"),
        ((3, False), "files (Landlock 3)"),
        ((0, True), "system calls (seccomp)"),
        ((0, False), "nothing; this kernel has neither Landlock nor seccomp, or they are not allowed here"),
    ],
)
def test_it_says_what_is_in_force(monkeypatch: pytest.MonkeyPatch, in_force: tuple[int, bool], words: str) -> None:
    core = SimpleNamespace(lock_down=lambda **_: in_force)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("capture.lockdown._core", lambda: core)
    monkeypatch.setattr("capture.lockdown._pin", lambda _: None)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert lock_down(Grants()) == words


def test_without_the_core_nothing_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capture.lockdown._core", lambda: None)
    monkeypatch.setattr(sys, "platform", "linux")
    assert lock_down(Grants()) == "nothing; that needs the Rust core"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert lock_down(Grants()) == "nothing; only Linux can"

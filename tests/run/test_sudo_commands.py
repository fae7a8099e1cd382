"""Somebody who may run only this program by sudo gains no file, no secret and no command of root."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from scene import Scene, Visit
from sudo_caller import CALLER, SUDO, as_root, folder_of, folder_of_root
from test_exercise import visits
from wire import Talk, get, ok

from capture.writer import PcapWriter
from history.archive import SqliteArchive
from history.keep import Retention

pytestmark = as_root
ROOT = Path(__file__).resolve().parents[2]
TEXT = "root:x:0:0:root:/root:/bin/bash\n"


@pytest.fixture
def home() -> Iterator[Path]:
    with folder_of(CALLER) as path:
        writer = PcapWriter(str(path / "trace.pcap"))
        writer.write(Talk().client(get("/")).server(ok(b"hello")).close().frames)
        writer.close()
        yield path


@pytest.fixture
def passwd() -> Iterator[Path]:
    with folder_of_root() as path:
        (path / "passwd").write_text(TEXT)
        yield path / "passwd"


def sudo(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "exercise.py"), *arguments]
    environment = {**os.environ, **SUDO}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def replay(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return sudo("-r", str(home / "trace.pcap"), "-q", *arguments)


def is_untouched(path: Path) -> bool:
    found = path.stat()
    return (found.st_uid, found.st_gid, path.read_text()) == (0, 0, TEXT) and os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("option", ["--log", "-w", "--report"])
@pytest.mark.parametrize("is_link", [False, True], ids=["file", "link"])
def test_no_output_takes_a_file_of_root(option: str, is_link: bool, home: Path, passwd: Path) -> None:
    path = home / "link" if is_link else passwd
    if is_link:
        path.symlink_to(passwd)
    done = replay(home, option, str(path))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Permission denied" in done.stderr
    assert is_untouched(passwd)


def test_the_history_takes_no_file_of_root(home: Path, passwd: Path) -> None:
    (home / "history.db").symlink_to(passwd)
    done = replay(home, "--history", str(home / "history.db"))
    assert "Permission denied" in done.stderr
    assert is_untouched(passwd)


def test_outputs_in_a_folder_of_the_caller_are_the_callers(home: Path) -> None:
    names = {"--log": "log", "-w": "kept.pcap", "--report": "page.html", "--history": "history.db"}
    done = replay(home, *(text for option, name in names.items() for text in (option, str(home / name))))
    assert (done.returncode, done.stderr) == (0, "")
    for name in names.values():
        found = (home / name).stat()
        assert (name, found.st_uid, found.st_gid) == (name, CALLER.number, CALLER.group)
        assert found.st_size > 0


def test_reading_a_history_takes_no_file_of_root(home: Path, passwd: Path) -> None:
    """SQLite makes the owner of a database the owner of its write-ahead log, even if that is a hard link."""
    path = home / "history.db"
    SqliteArchive(str(path), Retention(), {"request_rate": "hits"}).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    connection.close()
    os.chown(path, CALLER.number, CALLER.group)
    os.link(passwd, home / "history.db-wal")
    sudo("report", "--history", str(path))
    assert is_untouched(passwd)


@pytest.mark.parametrize("by_file", [False, True], ids=["option", "settings file"])
def test_the_caller_cannot_keep_root(by_file: bool, home: Path) -> None:
    settings = home / "settings.toml"
    settings.write_text('user = "root"\n')
    os.chown(settings, CALLER.number, CALLER.group)
    done = replay(home, *(("--config", str(settings)) if by_file else ("--user", "root")))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("exercise.py: under sudo, the program becomes anna or nobody, not root; ")


@pytest.mark.parametrize(
    "settings",
    [
        ("notice_webhook_file={}",),
        ("notice_smtp=localhost:1", "notice_mail_to=a@b.c", "notice_smtp_user=a", "notice_smtp_password_file={}"),
    ],
    ids=["webhook", "password"],
)
def test_no_secret_of_root_is_read(settings: tuple[str, ...], home: Path, passwd: Path) -> None:
    passwd.chmod(0o600)
    done = replay(home, *(word for text in settings for word in ("--set", text.format(passwd))))
    assert done.returncode == 2
    assert f"cannot read {passwd}: Permission denied" in done.stderr


def test_no_code_of_the_caller_runs_as_root(home: Path) -> None:
    folder, proof = home / "statistics", home / "proof"
    folder.mkdir()
    (folder / "mine.py").write_text(f"open({str(proof)!r}, 'w').close()\n")
    for path in (folder, folder / "mine.py"):
        os.chown(path, CALLER.number, CALLER.group)
    done = replay(home, "--set", f"statistics_folder={folder}", "--set", "statistics=mine")
    assert done.returncode == 2
    assert f"belongs to user {CALLER.number} (chown it to root, or run as that user)" in done.stderr
    assert not proof.exists()


def test_the_command_for_alerts_has_the_rights_of_the_caller(home: Path) -> None:
    writer = PcapWriter(str(home / "trace.pcap"))
    writer.write(visits((10, 5), (10, 8), (3, 5), path="/cart"))
    writer.close()
    small = ("--set", "timeout=1", "--set", "dashboard_bucket_size=1", "--set", "average_bucket_size=10")
    command = f"sh -c 'id -u > {home}/who; id -G >> {home}/who; sudo -n true && echo root >> {home}/who'"
    replay(home, *small, "--on-alert", command)
    assert (home / "who").read_text().split() == [str(CALLER.number), str(CALLER.group)]


@pytest.mark.parametrize("user", ["", "root"], ids=["caller", "root"])
def test_a_test_notice_has_no_rights_of_root_either(user: str, home: Path) -> None:
    done = sudo("--test-notice", "--user", user, "--on-alert", f"sh -c 'id -u > {home}/who'")
    if user:
        assert (done.returncode, (home / "who").exists()) == (2, False)
    else:
        assert (done.returncode, (home / "who").read_text().strip()) == (0, str(CALLER.number))


def test_a_test_notice_reads_no_secret_of_root(passwd: Path) -> None:
    passwd.chmod(0o600)
    done = sudo("--test-notice", "--set", f"notice_webhook_file={passwd}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"cannot read {passwd}: Permission denied\n")


@pytest.fixture
def flood(home: Path) -> Path:
    """Return a capture in which traffic doubles after ten seconds."""
    scene = Scene()
    scene.given(0, 21)
    for number in range(40):
        scene.visit(10 + number / 4, Visit("203.0.113.9", "/"))
    scene.write(home / "flood.pcap")
    return home / "flood.pcap"


FAST = ("--set", "dashboard_bucket_size=5", "--set", "average_bucket_size=10", "-q")


def test_incidents_are_kept_with_the_rights_of_the_caller(home: Path, flood: Path) -> None:
    done = sudo("-r", str(flood), *FAST, "--incidents", str(home / "kept"))
    assert (done.returncode, done.stderr) == (0, ""), "nothing has to be imported after root was dropped"
    (folder,) = (home / "kept").iterdir()
    assert len([*folder.iterdir()]) == 6
    assert {path.stat().st_uid for path in (home / "kept", folder, *folder.iterdir())} == {CALLER.number}


def test_no_incident_is_kept_in_a_folder_of_root(flood: Path, passwd: Path) -> None:
    for path, reason in ((passwd.parent, "may not write there"), (passwd.parent / "new", "Permission denied")):
        done = sudo("-r", str(flood), *FAST, "--incidents", str(path))
        assert done.returncode == 1
        assert reason in done.stderr
        assert is_untouched(passwd)

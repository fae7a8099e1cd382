"""Root privileges are dropped before the first packet is parsed, for good and in every thread; capture continues."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sudo_caller import CALLER, SUDO, as_root, folder_of
from wire import Talk, get, ok

from capture import privileges
from capture.privileges import UnknownUser, User, chosen_user, sudo_caller
from capture.writer import PcapWriter

ROOT = Path(__file__).resolve().parents[2]
NOBODY = privileges._nobody()
NO_CAPABILITY = "0000000000000000"
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "exercise.py"), *arguments]


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = {**without_sudo(), **environment}
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, env=given, timeout=60, check=False, cwd=ROOT
    )


def without_sudo() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}


def ask(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/hello", headers={"User-Agent": "caf\xe9\x01"})
    connection.getresponse().read()
    connection.close()


def wait_for(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def has_lines(file: Path, count: int) -> bool:
    return file.read_text().count("\n") == count


@contextmanager
def monitor(folder: Path, program: list[str], **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        given = {**without_sudo(), **environment}
        process = subprocess.Popen(program, stdout=out, stderr=err, env=given)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def threads(process: "subprocess.Popen[bytes]") -> list[dict[str, list[str]]]:
    """Return the kernel's status of each thread."""
    texts = [status.read_text() for status in Path(f"/proc/{process.pid}/task").glob("*/status")]
    return [{line.split(":")[0]: line.split()[1:] for line in text.splitlines()} for text in texts]


def live(port: int, folder: Path, *more: str) -> list[str]:
    files = ("-w", str(folder / "kept.pcap"), "--log", str(folder / "log.json"))
    rhythm = ("--set", "timeout=0.1", "--set", "dashboard_bucket_size=1")
    return ["-i", "lo", "-p", str(port), "--history", "none", *files, *rhythm, *more]


@as_root
@pytest.mark.parametrize(
    ("arguments", "environment", "user"),
    [
        ((), {}, NOBODY),
        ((), SUDO, CALLER),
        (("--user", "nobody"), SUDO, NOBODY),
        (("--user", "daemon"), {}, privileges._named("daemon")),
    ],
    ids=["nobody", "who called sudo", "nobody instead", "named"],
)
def test_capture_goes_on_without_root(
    arguments: tuple[str, ...], environment: dict[str, str], user: User, web_port: int, tmp_path: Path
) -> None:
    owner = CALLER if environment else user
    with folder_of(owner) as place:
        log = place / "log.json"
        with monitor(tmp_path, command(*live(web_port, place, *arguments)), **environment) as process:
            wait_for("the capture thread", lambda: len(threads(process)) > 1)
            for status in threads(process):
                assert status["Uid"] == [str(user.number)] * 4
                assert status["Gid"] == [str(user.group)] * 4
                assert status["Groups"] == []
                assert {status[name][0] for name in CAPABILITIES} == {NO_CAPABILITY}
                assert status["NoNewPrivs"] == ["1"]
            for count in range(1, 4):
                ask(web_port)
                wait_for(f"exchange {count} in the log", partial(has_lines, log, count))
            process.terminate()
            assert process.wait(timeout=60) == 0
        assert "/hello" in log.read_text()
        assert (tmp_path / "err").read_text() == ""
        for file in (log, place / "kept.pcap"):
            assert (file.stat().st_uid, file.stat().st_gid) == (owner.number, owner.group)
            assert file.stat().st_size > 0


IMPORTS_AFTERWARDS = """
import sys
import exercise
from run import opening

def give_up(user):
    before(user)
    sys.addaudithook(lambda event, facts: found.append(facts[0]) if event == "import" else None)

before, opening.give_up, found = opening.give_up, give_up, []
status = exercise.main(sys.argv[1:])
print(*found, file=sys.stderr)
sys.exit(status)
"""


@as_root
def test_nothing_is_imported_after_root_is_dropped(web_port: int, tmp_path: Path) -> None:
    """Only root may be able to read the folders of Python and Scapy."""
    with folder_of(CALLER) as place:
        history = place / "history.db"
        arguments = (*live(web_port, place), "-i", "any", "--duration", "3", "--history", str(history))
        environment = {"PYTHONPATH": str(ROOT), **SUDO}
        with monitor(tmp_path, [sys.executable, "-c", IMPORTS_AFTERWARDS, *arguments], **environment) as process:
            wait_for("the capture thread", lambda: len(threads(process)) > 1)
            ask(web_port)
            assert process.wait(timeout=60) == 0
        assert (tmp_path / "err").read_text().strip() == ""
        assert "caf\\u00e9\\\\x01" in (place / "log.json").read_text()
        assert history.stat().st_uid == CALLER.number


def write_capture(path: Path) -> None:
    talk = Talk().client(get("/")).server(ok(b"hello")).close()
    writer = PcapWriter(str(path))
    writer.write(talk.frames)
    writer.close()


@as_root
def test_a_file_is_not_parsed_as_root_either(tmp_path: Path) -> None:
    source, kept = tmp_path / "source.pcap", tmp_path / "kept.pcap"
    write_capture(source)
    source.chmod(0o600)
    done = run("-r", str(source), "-w", str(kept), "-q", "-v")
    assert (done.returncode, done.stderr.splitlines()[0]) == (0, "exercise.py: now running as nobody")
    assert kept.stat().st_uid == NOBODY.number
    assert source.stat().st_uid == 0


@as_root
def test_root_stays_root_when_told_to(tmp_path: Path) -> None:
    source, kept = tmp_path / "source.pcap", tmp_path / "kept.pcap"
    write_capture(source)
    done = run("-r", str(source), "-w", str(kept), "-q", "-v", "--user", "root")
    assert done.returncode == 0
    assert "now running as" not in done.stderr
    assert kept.stat().st_uid == 0


def test_an_unknown_user_is_a_usage_error(tmp_path: Path) -> None:
    kept = tmp_path / "kept.pcap"
    done = run("-r", "/dev/null", "-w", str(kept), "--user", "no-such-user")
    sentence = "exercise.py: no user 'no-such-user'; choose an existing user with --user\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)
    assert not kept.exists()


@as_root
@pytest.mark.parametrize(
    ("environment", "numbers"),
    [
        ({"SUDO_UID": "1234", "SUDO_GID": "1235"}, (1234, 1235)),
        ({"SUDO_UID": "0", "SUDO_GID": "0"}, NOBODY[1:]),
        ({"SUDO_UID": "1234"}, NOBODY[1:]),
        ({"SUDO_UID": "1234", "SUDO_GID": "0"}, NOBODY[1:]),
        ({"SUDO_UID": "-1", "SUDO_GID": "-1"}, NOBODY[1:]),
        ({"SUDO_UID": "4294967295", "SUDO_GID": "4294967295"}, NOBODY[1:]),
        ({"SUDO_UID": "9" * 5000, "SUDO_GID": "1"}, NOBODY[1:]),
        ({"SUDO_UID": "\u0661", "SUDO_GID": "\u0661"}, NOBODY[1:]),
        ({"SUDO_UID": "me", "SUDO_GID": ""}, NOBODY[1:]),
        ({}, NOBODY[1:]),
    ],
)
def test_only_valid_sudo_variables_are_trusted(environment: dict[str, str], numbers: tuple[int, int]) -> None:
    user = chosen_user("", environment)
    assert user is not None
    assert user[1:] == numbers


@as_root
@pytest.mark.parametrize("name", ["root", "daemon"])
def test_the_sudo_caller_cannot_choose_another_user(name: str) -> None:
    with pytest.raises(UnknownUser, match=f"^under sudo, the program becomes anna or nobody, not {name}; "):
        chosen_user(name, SUDO)
    assert chosen_user("nobody", SUDO) == NOBODY


@as_root
def test_root_that_called_sudo_is_no_caller() -> None:
    assert sudo_caller({"SUDO_UID": "0", "SUDO_GID": "0"}) is None
    assert chosen_user("root", {"SUDO_UID": "0", "SUDO_GID": "0"}) is None


@as_root
@pytest.mark.parametrize("number", ["me", "-1", "4294967295", "4001"])
def test_a_sudo_caller_that_is_not_known_has_the_rights_of_nobody(number: str) -> None:
    assert sudo_caller({"SUDO_UID": number, "SUDO_GID": "0"}) == NOBODY


def test_the_user_root_means_no_change() -> None:
    assert chosen_user("root", {}) is None
    with pytest.raises(UnknownUser, match="no-such-user"):
        chosen_user("no-such-user", {})


def test_privileges_are_not_dropped_while_other_threads_run() -> None:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="before threads start"):
            privileges.give_up(None)
    finally:
        ended.set()
        thread.join()


def python(code: str, *inside: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*inside, sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )


@as_root
def test_capabilities_are_dropped_even_if_the_user_stays() -> None:
    done = python("from capture.privileges import give_up; give_up(None); print(open('/proc/self/status').read())")
    status = {line.split(":")[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert done.stderr == ""
    assert {status[name][0] for name in CAPABILITIES} == {NO_CAPABILITY}


@as_root
@pytest.mark.parametrize(
    ("uid_map", "user"),
    [("0 1000 1", None), ("0 0 1", NOBODY), ("0 0 4294967295", NOBODY), ("0 1000 1\n1 100000 65536", NOBODY)],
    ids=["another name of an ordinary user", "real root alone", "no namespace", "a container"],
)
def test_the_chosen_user_in_a_user_namespace(uid_map: str, user: User | None, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from capture import privileges; "
        f"Path.read_text = lambda *_, **__: {uid_map!r}; print(privileges.chosen_user('', {{}}))"
    )
    assert python(code).stdout.strip() == str(user)


@as_root
def test_the_program_ends_if_root_cannot_be_dropped(tmp_path: Path) -> None:
    write_capture(tmp_path / "source.pcap")
    inside = ["unshare", "--user", "--map-root-user"]
    probe = subprocess.run([*inside, "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("the kernel gives no user namespaces")
    arguments = [*inside, *command("-r", str(tmp_path / "source.pcap"), "-q")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, env=without_sudo(), check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("exercise.py: cannot drop root to become nobody: ")
    assert done.stderr.endswith("use --user root to stay root\n")
    assert done.stderr.count("\n") == 1

"""The command with keys: what it refuses in one line, what the screen says, and that no output ever has a key."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from key_lines import key_line, key_lines, secret
from scene import Scene, Visit
from sudo_caller import CALLER, SUDO, as_root, folder_of
from wire import Talk, get, ok

from capture.open import keys_in, open_file
from capture.writer import PcapWriter

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
import exercise, run.keys, run.opening
from traffic.decoder import Decoder

class Told(Decoder):
    def add_secrets(self, lines):
        print(f"{lines.count(bytes([10]))} keys told", file=sys.stderr)
        if "fail" in sys.argv[1]:
            raise RuntimeError("provoked")

run.keys.how_to_decrypt = lambda: ""
run.opening.decoder_for = lambda ports, limits, wanted, protocols, secrets, threads: Told(ports, limits, None, wanted)
sys.exit(exercise.main(sys.argv[2:]))
"""
"""The command with a decoder that is told keys, and says how many; the core need not be built."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="asks for the permissions of files")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that whoever the program becomes can enter."""
    with folder_of(CALLER) as path:
        path.chmod(0o777)
        writer = PcapWriter(str(path / "trace.pcap"))
        writer.write(Talk().client(get("/a")).server(ok()).close().frames)
        writer.close()
        (path / "keys.log").write_bytes(key_lines(1, 2))
        (path / "keys.log").chmod(0o600)
        yield path


def run(folder: Path, *arguments: str, mode: str = "work", **more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", PROGRAM, mode, "-r", str(folder / "trace.pcap"), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def refusal(ended: "subprocess.CompletedProcess[str]", status: int) -> str:
    assert (ended.returncode, ended.stdout) == (status, "")
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.rstrip().partition(": ")[2]


def test_the_screen_says_how_many_keys_were_read(folder: Path) -> None:
    ended = run(folder, "--keys", "keys.log", "--ui", "console")
    assert "keys 2 from keys.log" in ended.stdout
    assert ended.stderr == "2 keys told\n"
    (folder / "more.log").write_bytes(key_lines(*range(1000)))
    (folder / "more.log").chmod(0o600)
    ended = run(folder, "--keys", "keys.log", "--keys", "more.log", "--ui", "console")
    assert "keys 1,002 from 2 sources" in ended.stdout


def test_settings_name_keys_too_and_the_command_line_prevails(folder: Path) -> None:
    assert run(folder, "--set", "keys=keys.log", "-q").stderr == "2 keys told\n"
    assert "there is no such file" in run(folder, "--set", "keys=keys.log", "--keys", "none", "-q").stderr


def test_a_key_log_that_others_can_read_is_refused(folder: Path) -> None:
    (folder / "keys.log").chmod(0o644)
    told = refusal(run(folder, "--keys", "keys.log"), 1)
    assert told == "others can read or write the keys in keys.log; chmod 600 keys.log"


def test_a_missing_file_is_one_line(folder: Path) -> None:
    assert refusal(run(folder, "--keys", "none"), 1) == "cannot read the keys in none: there is no such file"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--embed-keys"], "--embed-keys needs -w FILE.pcapng"),
        (["--embed-keys", "-w", "x.pcap"], "--embed-keys needs -w FILE.pcapng"),
        (["--keys", "-"], "--keys cannot be standard input"),
        (["--keys", "keys.log", "--protocols", "http2"], "--keys has no effect without tls in protocols"),
        (["--keys", "ebpf"], "--keys ebpf needs a live capture"),
    ],
)
def test_contradictions_are_one_line(folder: Path, arguments: list[str], words: str) -> None:
    assert refusal(run(folder, *arguments), 2).startswith(words)


def test_without_the_core_one_line_says_how_to_get_it(folder: Path) -> None:
    command = [sys.executable, str(ROOT / "exercise.py"), "-r", "trace.pcap", "--keys", "keys.log", "--ui", "console"]
    environment = {**os.environ, "HTTP_MONITOR_DECODER": "python"}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "! TLS is decrypted by the Rust core only: unset HTTP_MONITOR_DECODER" in ended.stdout


@as_root
def test_under_sudo_a_key_log_is_opened_with_the_rights_of_the_caller(folder: Path) -> None:
    told = refusal(run(folder, "--keys", "keys.log", **SUDO), 1)
    assert told.startswith("cannot read the keys in keys.log: Permission denied; under sudo")
    os.chown(folder / "keys.log", CALLER.number, CALLER.group)
    assert run(folder, "--keys", "keys.log", "-q", **SUDO).stderr == "2 keys told\n"


def test_keys_are_embedded_only_if_that_is_asked_for(folder: Path) -> None:
    for name, options in (("with", ["--embed-keys"]), ("without", [])):
        assert run(folder, "--keys", "keys.log", "-q", "-w", f"{name}.pcapng", *options).returncode == 0
    kept = []
    for name in ("with", "without"):
        source = open_file(str(folder / f"{name}.pcapng"))
        keys = keys_in(source)
        assert keys is not None
        kept.append(b"".join(iter(keys.read, b"")))
        source.close()
    assert kept == [key_lines(1, 2), b""]
    assert run(folder, "-q", "-r", "with.pcapng").stderr == "2 keys told\n"


def test_incidents_have_keys_only_if_that_is_asked_for(folder: Path) -> None:
    scene = Scene()
    scene.given(0, 21)
    for number in range(40):
        scene.visit(10 + number / 4, Visit("203.0.113.9", "/"))
    scene.write(folder / "trace.pcap")
    fast = ["-q", "--set", "dashboard_bucket_size=5", "--set", "average_bucket_size=10", "--keys", "keys.log"]
    for name, options in (("with", ["--embed-keys"]), ("without", [])):
        assert run(folder, *fast, "--incidents", name, *options).returncode == 0
        files = {path.name: path.read_bytes() for path in (folder / name).rglob("*") if path.is_file()}
        assert len(files) == 6
        found = {file for file, text in files.items() if any(form in text for form in forms(1))}
        assert found == ({"packets.pcapng"} if name == "with" else set())
        assert (b"has the keys of its TLS connections" in files["summary.md"]) == (name == "with")
    (kept,) = (folder / "with").iterdir()
    assert "2 keys told" in run(folder, "-q", "-r", str(kept)).stderr


# Secrecy --------------------------------------------------------------------------------------------------------------


def forms(number: int) -> list[bytes]:
    """Return a secret in every form in which it could leak."""
    digits = secret(number)
    raw = bytes.fromhex(digits)
    return [digits.encode(), digits.upper().encode(), raw, repr(raw)[2:-1].encode(), key_line(number)[40:70]]


@pytest.mark.parametrize("mode", ["work", "fail"])
@pytest.mark.parametrize("ui", ["console", "json"])
def test_no_output_has_a_key(folder: Path, mode: str, ui: str) -> None:
    given = folder / "keys.log"
    given.write_bytes(key_lines(1, 2) + b"CLIENT_RANDOM nonsense " + secret(3).encode() + b"\n" + key_line(4)[:-20])
    outputs = ["--log", "log", "--history", "history", "-w", "kept.pcapng", "-v"]
    ended = run(folder, "--keys", "keys.log", "--ui", ui, *outputs, mode=mode, PYTHONFAULTHANDLER="1")
    assert ended.returncode == (0 if mode == "work" else 1)
    assert ("provoked" in ended.stderr) == (mode == "fail")
    written = [path for path in folder.rglob("*") if path.is_file() and path != given]
    made = {"log", "history", "kept.pcapng"} if mode == "work" else {"log"}
    assert made <= {path.name for path in written}
    texts = [ended.stdout.encode(), ended.stderr.encode(), *(path.read_bytes() for path in written)]
    assert [form for number in (1, 2, 3, 4) for form in forms(number) for text in texts if form in text] == []
    assert any(form in given.read_bytes() for form in forms(1))


def test_the_page_of_health_names_the_sources_and_no_key(folder: Path) -> None:
    ended = run(folder, "--keys", "keys.log", "--ui", "json", "-q")
    health = json.loads(ended.stdout)["health"]
    assert (health["keys"], health["key_sources"]) == (2, ["keys.log"])

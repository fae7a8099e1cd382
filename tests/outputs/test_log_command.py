"""Runs the command with `--log`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from decoders import MAKERS
from tls_wire import alert, client_hello, named
from wire import Talk, get, ok

from capture.writer import PcapWriter
from exercise_config import Config, SettingError

COMMAND = (sys.executable, "exercise.py", "--user", "root")
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def trace(tmp_path: Path) -> str:
    talk = Talk()
    for _ in range(3):
        talk.client(get("/a?token=1", "Host: h")).server(ok())
    writer = PcapWriter(str(tmp_path / "trace.pcap"))
    writer.write(talk.close().frames)
    writer.close()
    return str(tmp_path / "trace.pcap")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif("core" not in MAKERS, reason="the core is not built: make fast")
def test_handshakes_are_logged_if_log_records_names_them(tmp_path: Path) -> None:
    talk = Talk(server_port=443).client(client_hello(named(b"shop.example.com"))).server(alert(2, 40))
    writer = PcapWriter(str(tmp_path / "trace.pcap"))
    writer.write(talk.close().frames)
    writer.close()
    arguments = ("-r", str(tmp_path / "trace.pcap"), "-p", "443", "--log", "-")
    assert run(*arguments).stdout == ""
    [line] = run(*arguments, "--set", "log_records=+handshakes").stdout.splitlines()
    told = json.loads(line)
    assert (told["tls.client.server_name"], told["http_monitor.alert"]) == ("shop.example.com", "handshake_failure")


def test_standard_output_carries_the_log_and_nothing_else(trace: str) -> None:
    ended = run("-r", trace, "--log", "-")
    assert [json.loads(line)["url.original"] for line in ended.stdout.splitlines()] == ["/a"] * 3
    assert "Requests  3" in ended.stderr
    assert ended.returncode == 0


def test_a_log_file_is_written_beside_the_dashboard(trace: str, tmp_path: Path) -> None:
    ended = run("-r", trace, "--log", str(tmp_path / "log"), "--set", "log_query_strings=yes")
    assert [json.loads(line)["url.query"] for line in (tmp_path / "log").read_text().splitlines()] == ["token=1"] * 3
    assert "ENDED   3 requests" in ended.stdout


def test_a_log_that_cannot_be_opened_ends_the_program_with_one_line(trace: str, tmp_path: Path) -> None:
    ended = run("-r", trace, "--log", str(tmp_path / "missing" / "log"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("exercise.py: cannot write the log to")
    assert ended.stderr.count("\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full does not exist")
def test_a_full_disk_is_reported_on_the_dashboard(trace: str) -> None:
    ended = run("-r", trace, "--log", "/dev/full")
    assert "! the log ended: writing to /dev/full failed: No space left on device" in ended.stdout
    assert "Requests  3" in ended.stdout
    assert "exercise.py: the log ended: writing to /dev/full failed" in ended.stderr
    assert ended.returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX pipes")
@pytest.mark.parametrize("option", ["--log", "-w"])
def test_a_reader_that_disconnects_ends_the_program_without_an_error(trace: str, option: str) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        ended = subprocess.run(
            [*COMMAND, "-r", trace, option, "-"],
            cwd=PROJECT,
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 0
    assert b"exercise.py" not in ended.stderr


def test_two_outputs_cannot_share_standard_output(trace: str) -> None:
    ended = run("-r", trace, "--log", "-", "-w", "-")
    assert ended.returncode == 2
    assert "standard output" in ended.stderr


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("Yes", True), ("on", True), ("false", False), ("no", False)]
)
def test_a_boolean_setting_is_parsed(text: str, value: bool) -> None:
    assert Config.with_settings({"log_credentials": text}).log_credentials is value


def test_boolean_settings_default_to_false_and_reject_other_types() -> None:
    assert (Config().log_query_strings, Config().log_credentials) == (False, False)
    assert "log_query_strings = false" in Config().as_toml().splitlines()
    with pytest.raises(SettingError, match=r"^log_credentials = 'maybe' is not allowed: true or false"):
        Config.with_settings({"log_credentials": "maybe"})
    with pytest.raises(SettingError, match=r"^log_credentials = 1 is not allowed: true or false"):
        Config(log_credentials=1)  # type: ignore[arg-type]

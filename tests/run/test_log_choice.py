"""The log that the arguments and settings choose."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from certificates import Certificates
from wire import Talk, get, ok

from capture.writer import PcapWriter
from cli.arguments import parse_arguments
from exercise_config import Config, SettingError
from notices.syslog_place import Place
from run.log import daemons, exposed, logged_kinds, open_log
from traffic.finding import Finding
from traffic.records import Exchange

ROOT = Path(__file__).parents[2]
DAEMON = Config(log_syslog=("tls://logs.example.com",))


def test_without_a_file_and_a_daemon_there_is_no_log() -> None:
    assert open_log(parse_arguments([]), Config()) is None
    assert logged_kinds(parse_arguments([]), Config(log_records=("exchanges", "findings"))) == frozenset()


def test_a_daemon_alone_is_a_log() -> None:
    config = replace(DAEMON, log_records=("exchanges", "findings", "alerts"))
    assert logged_kinds(parse_arguments([]), config) == {Exchange, Finding}
    log = open_log(parse_arguments([]), config)
    assert log is not None
    log.close()


def test_each_daemon_is_named_once_and_none_by_the_demo() -> None:
    config = Config(log_syslog=("/dev/log", "udp://a", "/dev/log"))
    assert daemons(parse_arguments([]), config) == (Place("unix", path="/dev/log"), Place("udp", "a", 514))
    assert daemons(parse_arguments(["--demo"]), config) == ()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"log_syslog": ("logs",)}, "^log_syslog: write tls://host:port, "),
        ({"log_authorities": "missing"}, "^log_authorities: cannot read missing: No such file or directory$"),
        ({"log_certificate": "client.pem"}, "^log_certificate and log_key must both be given$"),
        ({"log_certificate": os.devnull, "log_key": os.devnull}, "^log_certificate and log_key: not a certificate"),
    ],
)
def test_a_wrong_setting_is_reported_in_one_line(changed: dict[str, str], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        open_log(parse_arguments([]), replace(DAEMON, **changed))  # type: ignore[arg-type]


def test_a_key_that_everybody_can_read_is_reported(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    os.chmod(certificates.key, 0o644)
    config = replace(DAEMON, log_certificate=certificates.client, log_key=certificates.key)
    assert list(exposed(config)) == [f"log_key: every user can read {certificates.key} (chmod o=)"]
    assert list(exposed(replace(config, log_syslog=()))) == []
    log = open_log(parse_arguments([]), config)
    assert log is not None
    log.close()


def test_a_locked_program_sends_to_a_local_socket_and_writes_its_file(tmp_path: Path) -> None:
    writer = PcapWriter(str(tmp_path / "trace.pcap"))
    writer.write(Talk().client(get("/a")).server(ok()).close().frames)
    writer.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(tmp_path / "socket"))
        given = ["-r", str(tmp_path / "trace.pcap"), "--log-syslog", str(tmp_path / "socket"), "--log-format", "cef"]
        command = [sys.executable, "exercise.py", "--user", "root", "-q", *given, "--log", str(tmp_path / "log")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        message = daemon.recv(65536).decode()
    assert message.startswith("<134>1 ")
    assert message.partition(" - ")[2] + "\n" == (tmp_path / "log").read_text()


def test_the_demo_and_a_daemon_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--demo", "--log-syslog", "udp://logs"])
    assert "where --log-syslog reaches nobody" in capsys.readouterr().err

"""The program sends its log to a real rsyslog, over TLS and while that is killed and started again."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from certificates import Certificates
from notice_samples import soon
from wire import Talk, get, ok

from capture.writer import PcapWriter

ROOT = Path(__file__).parents[3]
RSYSLOG = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin")
DRIVERS = [*Path("/usr/lib").glob("*/rsyslog/lmnsd_gtls.so")]
pytestmark = pytest.mark.skipif(
    RSYSLOG is None or not DRIVERS,
    reason="rsyslogd with TLS is not installed: apt-get install rsyslog rsyslog-gnutls",
)
CONFIGURATION = """
global(DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="{folder}/authority.pem"
 DefaultNetstreamDriverCertFile="{folder}/server.pem" DefaultNetstreamDriverKeyFile="{folder}/server.key"
 maxMessageSize="16k" parser.escapeControlCharacterTab="off")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
template(name="all" type="string" string="%pri% %hostname% %app-name% %msgid% %msg%\\n")
ruleset(name="keep" queue.type="Direct") {{ action(type="omfile" file="{folder}/log" template="all") }}
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="keep")
"""


class Rsyslog:
    """A daemon that takes messages over TLS."""

    def __init__(self, folder: Path, port: int) -> None:
        certificates = Certificates(folder)
        certificates.write_server(folder / "server.pem", folder / "server.key")
        self.authority = certificates.authority
        self.log, self.port = folder / "log", port
        self._configuration = folder / "rsyslog.conf"
        self._configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
        self._command = [str(RSYSLOG), "-n", "-f", str(self._configuration), "-i", str(folder / "pid")]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with suppress(FileNotFoundError):
            Path(self._command[-1]).unlink()  # it was killed
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(60)
            self.process = None

    @property
    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def trace(path: Path, exchanges: int) -> str:
    writer = PcapWriter(str(path))
    for number in range(exchanges):
        talk = Talk(client_port=10_000 + number % 50_000, time=1_700_000_000.0 + number / 100)
        writer.write(talk.client(get(f"/{number}")).server(ok()).close().frames)
    writer.close()
    return str(path)


def program(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "exercise.py", "--user", "root", "-q", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("form", ["ocsf", "leef"])
def test_rsyslog_gets_every_line_over_tls(tmp_path: Path, form: str) -> None:
    daemon = Rsyslog(tmp_path, free_port())
    daemon.start()
    given = ("--log-syslog", f"tls://localhost:{daemon.port}", "--set", f"log_authorities={daemon.authority}")
    try:
        running = program("-r", trace(tmp_path / "trace.pcap", 300), *given, "--log-format", form)
        assert running.communicate(timeout=60)[1] == ""
        assert running.returncode == 0
        assert soon(lambda: len(daemon.lines) == 300, 10)
    finally:
        daemon.stop()
    heads = {tuple(line.split()[:4]) for line in daemon.lines}
    assert heads == {("134", os.uname().nodename, "http-monitor", "EXCHANGE")}
    begin = '{"category_uid":4,' if form == "ocsf" else "LEEF:2.0|http-monitor|HTTP monitor|"
    assert all(line.split(maxsplit=4)[4].startswith(begin) for line in daemon.lines)


def test_a_daemon_that_was_killed_gets_the_rest_once_it_runs_again(tmp_path: Path) -> None:
    daemon = Rsyslog(tmp_path, free_port())
    daemon.start()
    given = ("--log-syslog", f"tls://localhost:{daemon.port}", "--set", f"log_authorities={daemon.authority}")
    try:
        path = trace(tmp_path / "trace.pcap", 4000)
        running = program("-r", path, *given, "--set", "log_flush_time=20", "--log-format", "cef")
        assert soon(lambda: len(daemon.lines) > 100, 30)
        daemon.stop(signal.SIGKILL)
        daemon.start()
        told = running.communicate(timeout=60)[1]
    finally:
        daemon.stop()
    received = {number for line in daemon.lines for number in re.findall(r"request=http://example.com/(\d+) ", line)}
    assert running.returncode == 0, told
    assert len(received) == 4000
    assert all(line.startswith("exercise.py: syslog localhost (tls): ") for line in told.splitlines())

"""Runs the command with receivers, on a capture file in which an alert is raised and dismissed."""

import json
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Certificates
from http_receiver import Hooks, http_receiver
from test_exercise import visits
from test_mail import PASSWORD, Mailbox, mail_server

from capture.writer import PcapWriter

ROOT = Path(__file__).parents[2]
SMALL = ("--set", "timeout=1", "--set", "dashboard_bucket_size=1", "--set", "average_bucket_size=10")
RISE = ((10, 5), (10, 5), (10, 8), (10, 5), (3, 5))
"""(seconds, visits a second): learning, within, above, within, and a little more."""
REPORT = """
import json, os, sys
facts = {name: value for name, value in os.environ.items() if name.startswith("HTTP_MONITOR_")}
with open(sys.argv[1], "a") as file:
    print(json.dumps([facts, json.load(sys.stdin)]), file=file)
"""


@pytest.fixture
def trace(tmp_path: Path) -> str:
    path = str(tmp_path / "trace.pcap")
    writer = PcapWriter(path)
    writer.write(visits(*RISE, path="/cart"))
    writer.close()
    return path


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with http_receiver() as server:
        yield server


def monitor(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    known = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    command = [sys.executable, str(ROOT / "exercise.py"), *SMALL, *arguments]
    return subprocess.run(
        command, env={**known, **environment}, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )


def test_a_command_runs_when_an_alert_is_raised_and_dismissed(trace: str, tmp_path: Path) -> None:
    report = tmp_path / "report"
    command = shlex.join([sys.executable, "-c", REPORT, str(report)])
    secrets = {"HTTP_MONITOR_SMTP_PASSWORD": "s3cret"}
    ended = monitor("-r", trace, "-q", "--user", "root", "--on-alert", command, **secrets)
    assert (ended.returncode, ended.stderr) == (0, "")
    calls = [json.loads(line) for line in report.read_text().splitlines()]
    assert [facts["kind"] for _, facts in calls] == ["raised", "dismissed"]
    for variables, facts in calls:
        assert variables["HTTP_MONITOR_KIND"] == facts["kind"]
        assert variables["HTTP_MONITOR_TEXT"] == facts["text"]
        assert variables["HTTP_MONITOR_SIGNAL"] == facts["signal"] == "request_rate"
        assert variables["HTTP_MONITOR_VALUE"] == "80"
        assert "HTTP_MONITOR_SMTP_PASSWORD" not in variables
        assert (facts["value"], facts["baseline"], facts["peak"], facts["limit"]) == (80, 50, 80, 55)
        assert (facts["unit"], facts["threshold"]) == ("hits", 10)
        assert facts["source"].endswith("trace.pcap port 80")
        assert facts["host"] == socket.gethostname()
        assert facts["start"] == "2023-11-14T22:13:50.000Z"
    (_, raised), (_, dismissed) = calls
    assert (raised["time"], raised["end"], raised["duration"]) == (raised["start"], None, 0)
    assert (dismissed["time"], dismissed["end"], dismissed["duration"]) == (
        "2023-11-14T22:14:00.000Z",
        "2023-11-14T22:14:00.000Z",
        10,
    )
    assert raised["id"] != dismissed["id"]


def test_a_webhook_is_notified_after_all_rights_are_dropped(trace: str, hooks: Hooks) -> None:
    ended = monitor("-r", trace, "-q", "--set", "notice_webhook_format=slack", HTTP_MONITOR_WEBHOOK=hooks.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [json.loads(posted.body)["text"] for posted in hooks.posted] == [
        "Alert: request rate",
        "Dismissed: request rate, after 10 s",
    ]


def test_every_receiver_works_with_files_that_only_root_may_read(trace: str, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    mailbox = Mailbox()
    starttls = mail_server(mailbox, tls_context=certificates.server, authenticator=mailbox.login, auth_required=True)
    with starttls, http_receiver(certificates.server) as hooks, socket.socket(type=socket.SOCK_DGRAM) as syslog:
        syslog.bind(("127.0.0.1", 0))
        settings = tmp_path / "config.toml"
        settings.write_text(f"""
            notice_webhook = "{hooks.url}"
            notice_authorities = "{certificates.authority}"
            notice_syslog = ["udp://localhost:{syslog.getsockname()[1]}"]
            notice_smtp = "localhost:{mailbox.port}"
            notice_smtp_user = "monitor"
            notice_smtp_password_file = "{password}"
            notice_mail_to = ["ops@example.com"]
            notice_mail_from = "monitor@example.com"
        """)
        for path in (password, settings, Path(certificates.authority)):
            path.chmod(0o600)
        ended = monitor("-r", trace, "-q", "-v", "--config", str(settings))
        messages = [syslog.recv(65536) for _ in range(2)]
    assert ended.returncode == 0, ended.stderr
    assert os.geteuid() != 0 or "now running as nobody" in ended.stderr
    assert [json.loads(posted.body)["kind"] for posted in hooks.posted] == ["raised", "dismissed"]
    assert [b" RAISED [" in message for message in messages] == [True, False]
    assert [over_tls for *_, over_tls in mailbox.mails] == [True, True]
    assert b"Dismissed: request rate" in mailbox.mails[1][2]


LOADED = """
import sys
sys.path[:0] = sys.argv[1:3]
from exercise_config import Config
from notices.receivers import from_settings
print(sorted({"requests", "smtplib", "ssl", "email"} & {*sys.modules}))
from notice_samples import DISMISSED, RAISED
receivers = from_settings(Config(**eval(sys.argv[3])), {"PATH": "/usr/bin:/bin"}).receivers
before = {*sys.modules}
for notice in (RAISED, DISMISSED):
    for receiver in receivers:
        receiver.send(notice)
print(sorted({*sys.modules} - before))
"""
"""Which modules are loaded before anybody is to be told, and which only when there is something to tell."""


def test_modules_of_receivers_are_loaded_early_and_only_if_needed(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    (tmp_path / "password").write_text(PASSWORD)
    mailbox = Mailbox()
    starttls = mail_server(mailbox, tls_context=certificates.server, authenticator=mailbox.login, auth_required=True)
    with starttls, http_receiver(certificates.server) as hooks, socket.socket(type=socket.SOCK_DGRAM) as syslog:
        syslog.bind(("127.0.0.1", 0))
        settings = {
            "notice_command": "true",
            "notice_webhook": hooks.url,
            "notice_authorities": certificates.authority,
            "notice_syslog": (f"udp://localhost:{syslog.getsockname()[1]}",),
            "notice_smtp": f"localhost:{mailbox.port}",
            "notice_smtp_user": "monitor",
            "notice_smtp_password_file": str(tmp_path / "password"),
            "notice_mail_to": ("ops@example.com",),
            "notice_mail_from": "monitor@example.com",
        }
        for chosen in (settings, {"notice_syslog": settings["notice_syslog"]}):
            command = [sys.executable, "-c", LOADED, str(ROOT), str(ROOT / "tests" / "notices"), repr(chosen)]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert (ended.stderr, ended.stdout) == ("", "[]\n[]\n")
    assert len(mailbox.mails) == len(hooks.posted) == 2


def test_an_absent_receiver_is_reported_and_delays_the_end_within_the_limit(trace: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        without = time.monotonic()
        assert monitor("-r", trace, "-q").returncode == 0
        without = time.monotonic() - without
        begun = time.monotonic()
        ended = monitor(
            *("-r", trace, "-q", "--set", "notice_flush_time=1"),
            HTTP_MONITOR_WEBHOOK=f"http://127.0.0.1:{port}/s3cret-token",
        )
        assert time.monotonic() - begun < 4 * without + 10
    assert ended.returncode == 1
    assert ended.stderr == "exercise.py: webhook 127.0.0.1: 2 notices not delivered: the program ended\n"


def test_a_command_that_fails_is_counted(trace: str) -> None:
    ended = monitor("-r", trace, "-q", "--user", "root", "--on-alert", "false")
    assert ended.returncode == 1
    assert ended.stderr == "exercise.py: command: 2 notices not delivered: ended with status 1\n"


def test_a_missing_command_is_reported_at_once(trace: str) -> None:
    ended = monitor("-r", trace, "--on-alert", "no-such-command")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "exercise.py: --on-alert: command not found: no-such-command (give its path, or put it in PATH)\n"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop root")
def test_a_command_that_only_root_can_run_is_reported_at_once(trace: str, tmp_path: Path) -> None:
    command = tmp_path / "page-me"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o700)
    ended = monitor("-r", trace, "-q", "--on-alert", str(command))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"exercise.py: --on-alert: {command} cannot be run after root is dropped; ")
    assert monitor("-r", trace, "-q", "--on-alert", str(command), "--user", "root").returncode == 0


def test_a_secret_on_the_command_line_is_rejected_and_not_shown(hooks: Hooks, tmp_path: Path) -> None:
    refused = monitor("--set", f"notice_webhook={hooks.url}", "--show-config")
    assert refused.returncode == 2
    settings = tmp_path / "config.toml"
    settings.write_text(f'notice_webhook = "{hooks.url}"\n')
    shown = monitor("--config", str(settings), "--show-config")
    assert shown.returncode == 0
    assert "# notice_webhook is set but not shown" in shown.stdout
    assert "token" not in refused.stdout + refused.stderr + shown.stderr
    assert hooks.url not in shown.stdout


def test_a_test_notice_goes_to_every_receiver_and_each_result_is_told(hooks: Hooks, tmp_path: Path) -> None:
    kind = tmp_path / "kind"
    command = shlex.join(["sh", "-c", f"echo $HTTP_MONITOR_KIND > {kind}"])
    urls = tmp_path / "urls"
    urls.write_text(f"{hooks.url}\nalertmanager {hooks.url}/nobody\n")
    urls.chmod(0o600)
    hooks.answers = [(200, {}), (404, {})]
    settings = ("--user", "root", "--set", f"notice_webhook_file={urls}", "--on-alert", command)
    ended = monitor("--test-notice", *settings)
    first, second, third = ended.stdout.splitlines()
    assert first == "command: ok"
    assert second.endswith(": ok")
    assert "failed: " in third
    assert ended.returncode == 1
    assert kind.read_text() == "test\n"
    assert json.loads(hooks.posted[0].body)["kind"] == "test"
    assert json.loads(hooks.posted[1].body)[0]["endsAt"], "an alert manager does not page anybody"


def test_a_test_notice_without_receivers_says_so() -> None:
    ended = monitor("--test-notice")
    assert ended.returncode == 2
    assert "no receivers" in ended.stderr

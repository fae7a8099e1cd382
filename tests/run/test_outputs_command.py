"""The command writes outputs for programs: JSON lines, a page and metrics."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from wire import Talk, get, ok

from capture.writer import PcapWriter
from cli import arguments, build
from run import outputs

ROOT = Path(__file__).parents[2]
START = 1_700_000_000.0
SMALL = ("--set", "timeout=1", "--set", "dashboard_bucket_size=1", "--set", "average_bucket_size=10", "--user", "root")
SCHEMA = json.loads((ROOT / "docs" / "view.schema.json").read_text(encoding="ascii"))

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def trace(tmp_path: Path) -> str:
    """Write 15 visits, one per second."""
    path = str(tmp_path / "trace.pcap")
    writer = PcapWriter(path)
    for second in range(15):
        talk = Talk(client_port=10_000 + second, time=START + second)
        writer.write(talk.client(get("/cart")).server(ok()).close().frames)
    writer.close()
    return path


# JSON lines -----------------------------------------------------------------------------------------------------------


def test_a_line_for_each_refresh_and_one_for_the_end(run_here: Run, trace: str) -> None:
    status, out, err = run_here("-r", trace, "--ui", "json", *SMALL)
    assert (status, err) == (0, "")
    views = [json.loads(line) for line in out.splitlines()]
    for view in views:
        Draft202012Validator(SCHEMA).validate(view)
    assert [view["timestamp_seconds"] for view in views[:-1]] == [START + second for second in range(1, 15)]
    assert [view["final"] for view in views] == [False] * 14 + [True]
    assert views[-1]["health"]["requests"] == 15
    assert views[0]["learning"]["requests"] == 1
    assert views[-1]["enforcing"]["baseline_requests"] == 10


def test_quiet_prints_only_the_last_line(run_here: Run, trace: str) -> None:
    _, out, _ = run_here("-r", trace, "--ui", "json", "-q", *SMALL)
    assert [json.loads(line)["final"] for line in out.splitlines()] == [True]


@pytest.mark.parametrize("option", ["--log", "-w", "--report"])
def test_json_lines_need_standard_output_for_themselves(run_here: Run, trace: str, option: str) -> None:
    status, out, err = run_here("-r", trace, "--ui", "json", option, "-")
    assert (status, out) == (2, "")
    assert "--ui json needs standard output for itself" in err


def test_a_reader_that_disconnects_ends_the_program(trace: str) -> None:
    command = [sys.executable, str(ROOT / "exercise.py"), "-r", trace, "--ui", "json", *SMALL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["schema"] == 2
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""


# The page -------------------------------------------------------------------------------------------------------------


def test_a_file_becomes_a_page(run_here: Run, trace: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    status, out, err = run_here("-r", trace, "--report", str(page), *SMALL)
    assert (status, err) == (0, "")
    assert "Alert history" in out
    html = page.read_text(encoding="utf-8")
    assert "<dt><bdi>Requests in 24 h</bdi></dt><dd>15</dd>" in html
    assert "/cart</bdi>" in html
    assert '<path class="plain"' in html
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_a_run_shorter_than_a_bucket_is_drawn(run_here: Run, trace: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run_here("-r", trace, "--report", str(page), "--set", "dashboard_bucket_size=60", "--user", "root")
    html = page.read_text(encoding="utf-8")
    assert '<path class="plain"' in html
    assert "2xx <b>15</b>" in html


def test_the_page_can_go_to_standard_output(run_here: Run, trace: str) -> None:
    command = [sys.executable, str(ROOT / "exercise.py"), "-r", trace, "--report", "-", *SMALL]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("<!DOCTYPE html>")
    assert done.stdout.endswith("</html>\n")
    assert "Requests" in done.stderr


def test_an_unwritable_page_is_reported_in_one_line_at_the_start(run_here: Run, trace: str) -> None:
    status, out, err = run_here("-r", trace, "--report", "/no/such/folder/page.html", *SMALL)
    assert (status, out) == (1, "")
    assert re.fullmatch(r"exercise\.py: cannot write the report to /no/such/folder/page\.html: [^\n]+\n", err)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full does not exist")
def test_a_page_on_a_full_disk_is_reported_at_the_end(run_here: Run, trace: str) -> None:
    status, out, err = run_here("-q", "-r", trace, "--report", "/dev/full", *SMALL)
    assert status == 1
    assert "Requests" in out
    assert err == "exercise.py: cannot write the report to /dev/full: No space left on device\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_page_and_metrics_work_after_the_rights_are_dropped(trace: str, tmp_path: Path) -> None:
    """The folder belongs to root, and nobody else can read or write it: page and metrics still work."""
    tmp_path.chmod(0o700)
    arguments = ["-r", "-", "-q", "-v", "--prometheus", "0", "--report", "page.html", *SMALL[:-2], "--user", "nobody"]
    command = [sys.executable, str(ROOT / "exercise.py"), *arguments]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(Path(trace).read_bytes())
        process.stdin.flush()
        said = b"".join(process.stderr.readline() for _ in range(3))
        assert b"running as nobody" in said
        assert b"locked down: " in said
        place = re.search(rb"metrics at (\S+)", said)
        assert place is not None
        assert b"http_monitor_build_info" in urllib.request.urlopen(place[1].decode(), timeout=60).read()
        process.stdin.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""
    assert "</html>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert sorted(os.listdir(tmp_path)) == ["page.html", "trace.pcap"]


@pytest.mark.parametrize(
    ("option", "package", "parts"),
    [
        ("--report", "jinja2", ("outputs.html_report", "outputs.report.page")),
        ("--prometheus", "prometheus_client", ("outputs.prometheus", "outputs.metric_families")),
    ],
)
def test_a_missing_package_is_reported_with_the_command_to_install_it(
    run_here: Run, trace: str, monkeypatch: pytest.MonkeyPatch, option: str, package: str, parts: tuple[str, ...]
) -> None:
    for loaded in parts:
        monkeypatch.delitem(sys.modules, loaded, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    status, _, err = run_here("-r", trace, option, "0", *SMALL)
    assert status == 1
    needed = f"requirements-{option[2:]}.txt"
    assert err == f"exercise.py: {option} needs the package {package}; run: pip install -r {needed}\n"


# Metrics --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def serving(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the program, which waits for packets on standard input and serves metrics."""
    command = [sys.executable, str(ROOT / "exercise.py"), "-r", "-", "-q", "-v", "--prometheus", "0", *SMALL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        watch = threading.Timer(60, process.kill)
        watch.start()
        yield process
        watch.cancel()
        process.kill()


def test_metrics_can_be_scraped_while_it_runs(serving: "subprocess.Popen[bytes]", trace: str) -> None:
    assert serving.stdin is not None
    assert serving.stderr is not None
    serving.stdin.write(Path(trace).read_bytes())
    serving.stdin.flush()
    said = serving.stderr.readline() + serving.stderr.readline()
    place = re.search(rb"metrics at (http://127\.0\.0\.1:\d+/metrics)", said)
    assert place is not None
    text = ""
    while "http_monitor_packets_total" not in text:
        with urllib.request.urlopen(place[1].decode(), timeout=60) as response:
            text = response.read().decode()
    assert re.search(r'^http_monitor_requests_total\{host=".+",method="GET",status="2xx"\} \d+', text, re.MULTILINE)
    serving.send_signal(signal.SIGINT)
    assert serving.wait(timeout=60) == 0


def test_a_port_in_use_is_reported_in_one_line(run_here: Run, trace: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = run_here("-r", trace, "--prometheus", str(port), *SMALL)
    assert (status, out) == (1, "")
    assert re.fullmatch(rf"exercise\.py: cannot serve metrics on 127\.0\.0\.1:{port}: [^\n]+\n", err)


def test_an_installed_program_suggests_pipx(run_here: Run, trace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "PROGRAM", build.COMMAND)
    monkeypatch.delitem(sys.modules, "outputs.html_report", raising=False)
    monkeypatch.delitem(sys.modules, "outputs.report.page", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert run_here("-r", trace, "--report", "page.html", *SMALL)[2].endswith("run: pipx inject http-monitor jinja2\n")
    assert 'name = "http-monitor"' in (ROOT / "pyproject.toml").read_text()


def test_an_invalid_address_is_wrong_usage(run_here: Run) -> None:
    status, _, err = run_here("--prometheus", "localhost")
    assert status == 2
    assert "is not ADDRESS:PORT" in err


def test_a_port_alone_listens_on_loopback() -> None:
    assert str(arguments.parse_arguments(["--prometheus", "9117"]).prometheus) == "127.0.0.1:9117"


def test_a_disabled_history_is_reported_at_the_end_and_is_not_an_error(
    trace: str, run_here: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    status, _, err = run_here("-r", trace, "-q", *SMALL, "--history", str(tmp_path / "file" / "history.db"))
    assert status == 0
    assert err.count("exercise.py: history disabled") == 1

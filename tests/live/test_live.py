"""The dashboard counts what the server logged: nginx, curl, wrk and pipelining, on loopback and over veth."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest
from decoders import MAKERS

from . import clients
from .dashboard_text import Dashboard, dashboards, summarized_requests
from .monitor import Monitor, command, environment, running
from .network import Side, veth_pair, vlan
from .web_server import Totals, WebServer, totals, web_server

MISSING = [tool for tool in ("nginx", "wrk", "curl", "ip") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]

TITLES = (
    "Top hits by status code",
    "Top hits by method",
    "Top hits by section",
    "Top hits by user agent",
    "Top hits by domain",
)
BRISK = {"timeout": 0.2, "dashboard_bucket_size": 1}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def shown(page: Dashboard) -> Totals:
    """Return the counts of a dashboard in the order of the access log."""
    missing = [title for title in TITLES if title not in page.hits]
    assert not missing, f"no panels {missing} in\n{page.text}"
    return Totals(*(page.hits[title] for title in TITLES))


def counted(page: Dashboard) -> int:
    return page.hits.get(TITLES[0], Counter()).total()


def assert_seen_all(monitor: Monitor, server: WebServer) -> Totals:
    """Wait until the dashboard shows all requests of the log, compare, end the monitor, and return the totals."""
    logged = totals(server.visits_when_quiet())
    expected = logged.statuses.total()
    try:
        page = monitor.wait("all requests", lambda page: counted(page) >= expected, seconds=20)
    except AssertionError:
        page = monitor.dashboards()[-1]  # the comparison tells more
    assert (page.number("dropped"), page.number("gaps"), page.number("unpaired")) == (0, 0, 0), page.text
    assert shown(page) == logged
    assert monitor.stop() == 0
    assert monitor.errors == ""
    assert "\x1b" not in monitor.output
    assert summarized_requests(monitor.output) == expected
    return logged


def replay(file: Path, port: int) -> str:
    """Return the output for a file, with the settings of the live runs."""
    arguments = command("-r", str(file), "-p", str(port), **BRISK)
    done = subprocess.run(arguments, capture_output=True, env=environment(), timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def test_counts_on_loopback_match_the_access_log(tmp_path: Path) -> None:
    port = free_port()
    arguments = command("-i", "lo", "-p", str(port), "-w", str(tmp_path / "kept.pcap"), **BRISK)
    with web_server(tmp_path / "web", ["127.0.0.1", "[::1]"], port) as server, running(tmp_path, arguments) as monitor:
        large = server.folder / "www" / "large"
        clients.curl(f"http://127.0.0.1:{port}", large)
        clients.curl(f"http://[::1]:{port}", large)
        clients.wrk(f"http://127.0.0.1:{port}", tmp_path, requests=1000)
        clients.wrk(f"http://127.0.0.1:{port}", tmp_path, requests=600, pipelined=3)
        clients.pipeline("127.0.0.1", port, requests=60, piece=100_000)
        clients.pipeline("127.0.0.1", port, requests=60, piece=37)
        logged = assert_seen_all(monitor, server)
    assert logged.statuses.total() > 1700
    assert set(logged.statuses) >= {"200", "201", "204", "206", "302", "403", "404", "500"}
    first, second = replay(tmp_path / "kept.pcap", port), replay(tmp_path / "kept.pcap", port)
    assert first == second
    assert shown(dashboards(first)[-1]) == logged


@pytest.mark.parametrize("threads", [1, 3])
def test_counts_on_veth_match_the_access_log(threads: int, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with veth_pair() as (far, near), web_server(tmp_path / "web", [far.address], 80, far.inside) as server:
        written = ("-w", str(tmp_path / "kept.pcap"), "--history", "none")
        arguments = command("-i", near.interface, *written, capture_threads=threads, **BRISK)
        with running(tmp_path, arguments, near.inside) as monitor:
            base = f"http://{far.address}"
            clients.curl(base, server.folder / "www" / "large", near.inside)
            clients.wrk(base, tmp_path, requests=600, inside=near.inside)
            for piece in ("100000", "53"):
                pipeline = [sys.executable, clients.__file__, far.address, "80", "40", piece]
                subprocess.run([*near.inside, *pipeline], check=True, timeout=30)
            logged = assert_seen_all(monitor, server)
    assert logged.statuses.total() > 690
    assert shown(dashboards(replay(tmp_path / "kept.pcap", 80))[-1]) == logged


@pytest.mark.parametrize("decoder", MAKERS)
@pytest.mark.parametrize("within", ["no VLAN", "a VLAN"])
@pytest.mark.parametrize("interface", ["veth0", "any"])
def test_each_decoder_matches_the_access_log_on_a_trunk_and_on_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interface: str, within: str, decoder: str
) -> None:
    """`any` captures each frame of a VLAN twice: with its tag, and without on the VLAN's interface."""
    monkeypatch.setenv("HTTP_MONITOR_DECODER", "python" if decoder == "reference" else "")
    tmp_path.chmod(0o755)
    with veth_pair() as sides:
        far, near = sides if within == "no VLAN" else vlan_or_skip(sides)
        arguments, base = command("-i", interface, "--history", "none", **BRISK), f"http://{far.address}"
        served = web_server(tmp_path / "web", [far.address], 80, far.inside)
        with served as server, running(tmp_path, arguments, near.inside) as monitor:
            clients.curl(base, server.folder / "www" / "large", near.inside)
            clients.wrk(base, tmp_path, requests=600, inside=near.inside)
            logged = assert_seen_all(monitor, server)
    assert logged.statuses.total() > 600


def vlan_or_skip(sides: tuple[Side, Side]) -> tuple[Side, Side]:
    try:
        return vlan(sides, 7)
    except subprocess.CalledProcessError as reason:
        pytest.skip(f"this kernel has no VLAN interfaces: {reason.stderr.strip()}")


# Alerts


BUCKET = 4


@contextmanager
def calm_traffic(port: int, per_second: int = 20) -> Iterator[None]:
    """Send requests at an even pace during the block."""

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        due = time.monotonic()
        while not ended.wait(max(0, due - time.monotonic())):
            due += 1 / per_second
            connection.request("GET", "/hello", headers={"User-Agent": "calm"})
            connection.getresponse().read()
        connection.close()

    ended = threading.Event()
    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        ended.set()
        sender.join()


EDGE = 0.05
"""Seconds that may lie between a request's packet and its line in the log: nginx logs when the answer is sent."""


class Judge:
    """Counts requests of a bucket in the access log. Those at its very edges may count or not."""

    def __init__(self, server: WebServer) -> None:
        self._times = [visit.time for visit in server.visits()]

    def agrees(self, count: int, opened: float) -> bool:
        """Return whether the bucket that started then may have this many requests."""
        inner = self._between(opened + EDGE, opened + BUCKET)
        outer = self._between(opened, opened + BUCKET + EDGE)
        return inner <= count <= outer

    def count(self, opened: float) -> int:
        """Return the requests of the bucket that started then."""
        return self._between(opened, opened + BUCKET)

    def _between(self, start: float, end: float) -> int:
        return sum(start <= time < end for time in self._times)


def test_a_burst_raises_an_alert_at_its_bucket_and_it_is_dismissed_and_removed(tmp_path: Path) -> None:
    port = free_port()
    settings = {**BRISK, "average_bucket_size": BUCKET, "average_threshold": 50}
    arguments = command("-i", "lo", "-p", str(port), **settings)
    nginx = web_server(tmp_path / "web", ["127.0.0.1"], port)
    with nginx as server, calm_traffic(port), running(tmp_path, arguments) as monitor:
        began = monitor.wait("enforcing", lambda page: page.state == "NORMAL")
        clients.wrk(f"http://127.0.0.1:{port}", tmp_path, requests=500)
        monitor.wait("the alert", lambda page: page.state == "ALERT")
        monitor.wait("the dismissal", lambda page: page.state == "DISMISSED")
        last = monitor.wait("its removal", lambda page: page.state == "NORMAL")
        assert monitor.stop(signal.SIGTERM) == 0
    pages = monitor.dashboards()
    assert [state for state, _ in groupby(page.state for page in pages)] == [
        "LEARNING",
        "NORMAL",
        "ALERT",
        "DISMISSED",
        "NORMAL",
    ]
    banners = {(page.state, page.banner) for page in pages}
    assert banners == {
        ("LEARNING", ""),
        ("NORMAL", ""),
        ("ALERT", "Active alert"),
        ("DISMISSED", "Alert dismissed"),
    }
    assert sum(page.state == "DISMISSED" for page in pages) == 1, "removed at the next refresh"

    # The dashboard shows whole seconds, so the exact moment at which the alert was raised is looked for.
    (hits, start, active) = last.alerts[0]
    assert len(last.alerts) == 1
    assert not active
    judge, baseline = Judge(server), int(began.number("baseline"))
    raised = [start + step / 100 for step in range(100) if judge.agrees(hits, start + step / 100 - BUCKET)]
    assert raised, f"no bucket of the log had {hits} requests and ended at {start}"
    # Learning had up to a second more than a bucket, of traffic that is even.
    assert baseline == pytest.approx(judge.count(raised[0] - 2 * BUCKET), rel=0.1)
    assert hits > 1.5 * baseline

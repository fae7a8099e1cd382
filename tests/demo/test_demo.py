"""The demo's server, its traffic, and the private network that needs no rights."""

import http.client
import importlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path

import pytest

from demo import demo
from demo.demo import (
    ANSWERS,
    DEMO_DURATION,
    DEMO_SETTINGS,
    PHASES,
    DemoError,
    DemoServer,
    DemoTraffic,
    demo_duration,
    demo_steps,
)
from exercise_config import Config

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    """A connection to a running demo server."""
    with DemoServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        yield client
        client.close()
        server.shutdown()
        thread.join()


# Server


@pytest.mark.parametrize("path", [*ANSWERS, "/search?q=1", "/nowhere"])
def test_each_path_answers_as_it_says(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    response = connection.getresponse()
    expected = ANSWERS.get(path.partition("?")[0], demo.NOT_FOUND)
    assert (response.status, len(response.read())) == (expected.status, expected.size)
    assert response.getheader("Location", "") == expected.location


def test_statuses_of_all_classes_are_there() -> None:
    assert {answer.status // 100 for answer in [*ANSWERS.values(), demo.NOT_FOUND]} == {2, 3, 4, 5}


def test_a_connection_is_kept_alive_and_closed_after_its_share_of_requests(
    connection: http.client.HTTPConnection,
) -> None:
    closing = []
    for _ in range(demo.REQUESTS_PER_CONNECTION):
        connection.request("POST", "/cart/add", body=b"x" * 100)
        response = connection.getresponse()
        response.read()
        closing.append(response.getheader("Connection"))
    assert closing == [None] * (demo.REQUESTS_PER_CONNECTION - 1) + ["close"]


def test_the_server_logs_nothing(connection: http.client.HTTPConnection, capfd: pytest.CaptureFixture[str]) -> None:
    connection.request("GET", "/no-such-page")
    connection.getresponse().read()
    assert capfd.readouterr() == ("", "")


# Schedule


def counts(edges: Sequence[float]) -> list[int]:
    """Requests of the schedule between each two moments that follow each other, in seconds since it began."""
    times = list(itertools.accumulate(step.delay for step in itertools.islice(demo_steps(), 5000)))
    return [sum(begin <= time < end for time in times) for begin, end in itertools.pairwise(edges)]


@pytest.mark.parametrize("offset", [0, 0.5, 1, 1.5, 2])
@pytest.mark.parametrize("phase", [0, 0.1, 1.3, 2.5, 3.7, 4.9])
def test_the_schedule_raises_one_alert_and_lets_it_go(offset: float, phase: float) -> None:
    """For a monitor that starts so much later than the traffic, so long after a bucket of the dashboard began."""
    config = Config.with_settings(DEMO_SETTINGS)
    step, size = config.dashboard_bucket_size, config.average_bucket_size
    learned = offset - phase + ceil((phase + config.average_learning_duration) / step) * step
    windows = range(int((DEMO_DURATION + offset - learned) // size))
    watched, *judged = counts([offset, *(learned + size * number for number in windows)])
    limit = watched * size / (learned - offset) * (1 + config.average_threshold / 100)
    beyond = [count > limit for count in judged]
    assert beyond[:3] in ([False, True, False], [True, True, False])
    assert not any(beyond[3:])
    assert DEMO_DURATION <= 90


@pytest.mark.parametrize(
    ("asked", "ui", "duration"),
    [(None, "full", None), (None, "console", DEMO_DURATION), (None, "json", DEMO_DURATION), (9.0, "full", 9.0)],
)
def test_on_the_full_screen_it_lasts_until_the_user_leaves(
    asked: float | None, ui: str, duration: float | None
) -> None:
    assert demo_duration(asked, ui) == duration


def test_the_traffic_is_varied_and_affordable() -> None:
    steps = list(itertools.islice(demo_steps(), 1500))
    assert len({step.host for step in steps}) == 3
    assert {step.method for step in steps} == {"GET", "HEAD", "POST", "PUT", "DELETE"}
    assert {step.path.partition("?")[0] for step in steps} - set(ANSWERS) == {"/no-such-page"}
    assert all(rate <= 100 for _, rate in PHASES)
    assert steps == list(itertools.islice(demo_steps(), 1500))


# Server and traffic together


def test_traffic_runs_from_start_to_end_of_the_block() -> None:
    with DemoTraffic() as traffic:
        client = http.client.HTTPConnection("127.0.0.1", traffic.port, timeout=30)
        client.request("GET", "/")
        assert client.getresponse().status == 200
        client.close()
        begin = time.monotonic()
    assert time.monotonic() - begin < 20
    with pytest.raises(ConnectionRefusedError):
        client.connect()


def test_a_server_that_does_not_start_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("true"))
    with pytest.raises(DemoError, match="did not start: it ended at once"), DemoTraffic():
        pass


# A network of our own

SNIFF = """
import socket
from demo import demo
moved = demo.enter_private_network()
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sniffer, demo.DemoTraffic():
    sniffer.bind(("lo", 0))
    sniffer.settimeout(30)
    while b"HTTP/1.1 200 OK" not in sniffer.recv(65536):
        pass
print(moved, [name for _, name in socket.if_nameindex()])
"""
FIT = """
import subprocess, sys
import requests
sys.exit(sys.version_info < (3, 10) or subprocess.run([sys.executable, "-c", ""]).returncode)
"""
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def python_for_nobody(folder: Path) -> str | None:
    """An interpreter that a user without rights can run, with what the demo needs copied to `folder`."""
    for package in ("requests", "urllib3", "idna", "certifi", "charset_normalizer"):
        origin = importlib.import_module(package).__file__
        assert origin is not None
        shutil.copytree(Path(origin).parent, folder / package)
    shutil.copytree(ROOT / "demo", folder / "demo")
    shutil.copy(ROOT / "gen_traffic.py", folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([*NOBODY, python, "-c", FIT], cwd=folder, capture_output=True, check=False).returncode == 0:
            return python
    return None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces are of Linux")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root is needed to become nobody")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is needed to become nobody")
def test_nobody_can_watch_the_demo_in_a_private_network() -> None:
    # Not tmp_path: its parent folders are closed to other users.
    with tempfile.TemporaryDirectory() as name:
        python = python_for_nobody(Path(name))
        if python is None:
            pytest.skip("no Python 3.10 or later here that a user without rights can run")
        if subprocess.run([*NOBODY, "unshare", "--user", "--net", "true"], capture_output=True, check=False).returncode:
            pytest.skip("this kernel keeps user namespaces from users without rights")
        done = subprocess.run(
            [*NOBODY, python, "-c", SNIFF], cwd=name, capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "True ['lo']\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="capabilities are of Linux")
def test_who_may_capture_stays_in_the_network_it_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_may_capture", lambda: True)
    assert demo.enter_private_network() is False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces are of Linux")
def test_a_kernel_that_refuses_is_one_line_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(flags: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(demo, "_may_capture", lambda: False)
    monkeypatch.setattr(demo, "_unshare", refuse)
    with pytest.raises(DemoError) as refused:
        demo.enter_private_network()
    assert "Operation not permitted" in str(refused.value)
    assert "sudo" in str(refused.value)
    assert "\n" not in str(refused.value)

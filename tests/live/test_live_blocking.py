"""A scan through the whole monitor: its client is cut off within seconds, everybody is told, and nothing is left."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .monitor import ROOT, Monitor, command, running
from .network import Side, veth_pair

Sides = tuple[Side, Side]
pytestmark = [
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin") is None, reason="nft is not installed"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


@pytest.fixture(scope="module")
def sides() -> Iterator[Sides]:
    with veth_pair() as (server, client):
        web = [*server.inside, sys.executable, "-m", "http.server", "80", "--bind", server.address]
        with subprocess.Popen(web, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/") as process:
            assert soon(lambda: reaches((server, client)))
            yield server, client
            process.kill()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the user nobody may write to."""
    path = Path(tempfile.mkdtemp(prefix="monitor-blocking-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def soon(holds: Callable[[], object], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def reaches(sides: Sides) -> bool:
    url = f"http://{sides[0].address}/"
    words = [*sides[1].inside, "curl", "-s", "-o", os.devnull, "--max-time", "1", url]
    return subprocess.run(words, timeout=30, check=False).returncode == 0


def scan(sides: Sides) -> None:
    """Ask for 60 paths that do not exist."""
    urls = f"http://{sides[0].address}/missing[1-60].php"
    words = [*sides[1].inside, "curl", "-s", "-o", os.devnull, "--max-time", "20", urls]
    subprocess.run(words, timeout=60, check=False)


def rules(sides: Sides) -> str:
    words = [*sides[0].inside, "/usr/sbin/nft", "list", "ruleset"]
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=True).stdout


def blocking(folder: Path, sides: Sides, *more: str) -> list[str]:
    given = ("-i", sides[0].interface, "-p", "80", "--block", "nft", "--trusted-proxies", "none", "--history", "none")
    return command(
        *given, "--log", str(folder / "log"), "--on-alert",
        f'echo "$HTTP_MONITOR_KIND $HTTP_MONITOR_SUBJECT $HTTP_MONITOR_TEXT" >> {folder}/notices', *more,
        notice_command_shell="true", dashboard_bucket_size=1, timeout=0.5,
    )  # fmt: skip


def blocks(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command `blocks`."""
    words = [sys.executable, str(ROOT / "exercise.py"), "blocks", *arguments]
    environment = {**os.environ, "STATE_DIRECTORY": str(folder)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)


def notices(folder: Path) -> list[list[str]]:
    path = folder / "notices"
    return [line.split()[:2] for line in path.read_text().splitlines()] if path.exists() else []


def events(folder: Path) -> list[tuple[str, str, bool]]:
    lines = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    return [
        (line["event.action"], line["http_monitor.blocked"], line["http_monitor.dry_run"])
        for line in lines
        if "http_monitor.blocked" in line
    ]


def test_a_scanner_is_cut_off_lifted_and_forgotten(folder: Path, sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    client = sides[1].address
    with running(folder, blocking(folder, sides, "--block-dry-run=false"), sides[0].inside) as monitor:
        assert reaches(sides)
        scan(sides)
        assert soon(lambda: not reaches(sides), 10), monitor.errors
        assert client in blocks(folder).stdout
        assert "Blocked (nft)" in monitor.output
        assert blocks(folder, "lift", client).returncode == 0
        assert soon(lambda: reaches(sides))
        scan(sides)  # left alone for a while
        time.sleep(3)
        assert reaches(sides)
        assert "never blocked" in blocks(folder, "add", "127.0.0.1").stderr
        assert blocks(folder, "add", client, "--reason", "try").returncode == 0
        assert soon(lambda: not reaches(sides))
        assert monitor.stop() == 0
    assert rules(sides) == ""
    assert reaches(sides)
    told = [(kind, client) for kind in ("blocked", "unblocked", "blocked", "unblocked")]
    assert [(action, network) for action, network, _ in events(folder)] == told
    assert [tuple(notice) for notice in notices(folder) if notice[0].endswith("blocked")] == told
    assert list(folder.glob("*.sock")) == []
    assert "no monitor with --block is running" in blocks(folder).stderr


def test_kill_9_leaves_nobody_blocked(folder: Path, sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    with running(folder, blocking(folder, sides, "--block-dry-run=false"), sides[0].inside) as monitor:
        scan(sides)
        assert soon(lambda: not reaches(sides), 10), monitor.errors
        kill(monitor)
        assert soon(lambda: rules(sides) == "")
    assert reaches(sides)


def kill(monitor: Monitor) -> None:
    monitor.process.send_signal(signal.SIGKILL)
    monitor.process.wait(30)


def test_a_dry_run_tells_and_changes_nothing(folder: Path, sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    with running(folder, blocking(folder, sides), sides[0].inside) as monitor:
        scan(sides)
        assert soon(lambda: events(folder)), monitor.errors
        assert rules(sides) == ""
        assert reaches(sides)
        assert monitor.stop() == 0
        assert "1 block in a dry run" in monitor.output
    assert events(folder)[0] == ("blocked", sides[1].address, True)
    assert notices(folder)[0] == ["blocked", sides[1].address]
    assert "Would block" in (folder / "notices").read_text()

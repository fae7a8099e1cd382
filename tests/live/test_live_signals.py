"""What the user tells a running monitor: it says so, and still knows it after a restart."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .monitor import ROOT, command, running
from .network import Side, veth_pair

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="network namespaces need root")


@pytest.fixture(scope="module")
def server() -> Iterator[Side]:
    with veth_pair() as (server, _):
        yield server


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the user nobody may write to."""
    path = Path(tempfile.mkdtemp(prefix="monitor-signals-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def signals(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command `signals`."""
    words = [sys.executable, str(ROOT / "exercise.py"), "signals", *arguments]
    environment = {**os.environ, "STATE_DIRECTORY": str(folder)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)


def soon(holds: Callable[[], object], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def actions(folder: Path) -> list[str]:
    lines = (json.loads(line) for line in (folder / "log").read_text().splitlines())
    return [line["event.action"] for line in lines if line.get("event.kind") == "event"]


def test_what_the_user_decided_holds_after_a_restart(
    folder: Path, server: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    log = ("--log", str(folder / "log"), "--history", str(folder / "history.db"))
    words = command("-i", server.interface, "-p", "80", *log, log_records="exchanges,alerts", timeout=0.5)
    with running(folder, words, server.inside) as monitor:
        assert soon(lambda: "request_rate" in signals(folder).stdout), monitor.errors
        assert signals(folder, "mute", "request_rate", "--for", "2h").stdout.endswith("Muted: request_rate\n")
        assert signals(folder, "relearn").returncode == 0
        assert "no signal 'requests'" in signals(folder, "mute", "requests").stderr
        chosen = signals(folder, "baseline", "request_rate", "seasonal").stdout
        assert chosen.endswith("New baseline: request_rate seasonal\n")
        assert soon(lambda: actions(folder) == ["muted", "relearning", "baseline"]), actions(folder)
        assert monitor.stop() == 0
    assert "no monitor is running here" in signals(folder).stderr
    with running(folder, words, server.inside) as monitor:
        assert soon(lambda: "muted until" in signals(folder).stdout), monitor.errors
        assert signals(folder, "unmute").stdout.endswith("No longer muted: request_rate\n")
        assert "muted until" not in signals(folder).stdout
        assert "baseline chosen" in signals(folder).stdout
        assert signals(folder, "baseline", "request_rate", "setting").stdout.endswith("request_rate fixed\n")
        assert "baseline chosen" not in signals(folder).stdout
        assert monitor.stop() == 0
    assert list(folder.glob("*.sock")) == []

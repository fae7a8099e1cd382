"""The evidence of an alert in live traffic: written by the user that the monitor becomes, and raised again from it."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from .monitor import command, environment, running
from .test_live import free_port
from .web_server import web_server

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="not installed: nginx"),
]
SETTINGS = {
    "timeout": 0.2,
    "dashboard_bucket_size": 1,
    "average_bucket_size": 2,
    "average_threshold": 300,
    "signals": "request_rate",
    "incident_after": 1,
}


def ask(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    connection.getresponse().read()


@contextmanager
def steady_visits(port: int) -> Iterator[None]:
    """Ask ten times a second until the block ends."""
    over = threading.Event()

    def visit() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        while not over.wait(0.1):
            ask(connection, "/hello")
        connection.close()

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def kept() -> Iterator[Path]:
    """A folder that does not exist yet, in one that everybody can enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name) / "kept"


def test_a_flood_leaves_evidence_that_raises_the_same_alert(tmp_path: Path, kept: Path) -> None:
    port = free_port()
    arguments = command("-i", "lo", "-p", str(port), "--history", "none", "--incidents", str(kept), **SETTINGS)
    with web_server(tmp_path / "web", ["127.0.0.1"], port), running(tmp_path, arguments) as monitor:
        with steady_visits(port):
            monitor.wait("a baseline", lambda page: "ENFORCING" in page.text)
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as flood:
                for _ in range(400):
                    ask(flood, "/hello")
            monitor.wait("an alert", lambda page: "<<<Active alert>>>" in page.text)
        assert monitor.stop() == 0
        assert monitor.errors == ""
    folder = min(kept.iterdir())
    assert f"evidence in {folder}" in " ".join(monitor.output.split())
    assert {path.stat().st_uid for path in (kept, folder, *folder.iterdir())} == {65534}, "nobody's"
    assert "**Incomplete:**" not in (folder / "summary.md").read_text()
    done = subprocess.run(
        command("-r", str(folder), "-q"), capture_output=True, text=True, env=environment(), timeout=60, check=True
    )
    told = json.loads((folder / "incident.json").read_text())["alerts"][0]["explanation"]
    assert told in done.stdout, "the same figures, although only the packets are counted again"

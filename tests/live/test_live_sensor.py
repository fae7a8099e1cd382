"""A live sensor is killed while its store is away: in the end the store has what nginx logged, once, at each level."""

import http.client
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fleet_helpers import buckets_of, flat, totals

from history.record import HEALTH, Level, SensorRecord
from history.record_codec import decode

from .monitor import Monitor, running
from .test_live import free_port
from .web_server import WebServer, web_server

SCRIPT = Path(__file__).parents[1] / "fleet" / "sensor_by_http.py"
PATIENCE = 60.0
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]


class Store:
    """Takes records at a port, unless it is away."""

    def __init__(self) -> None:
        self.records: dict[tuple[object, int], SensorRecord] = {}
        self.is_away = True
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                record = decode(self.rfile.read(int(self.headers["Content-Length"])))
                if not store.is_away:
                    store.records[record.series, record.sequence] = record
                self.send_response(503 if store.is_away else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def of(self, level: Level) -> list[SensorRecord]:
        found = [record for record in self.records.values() if record.series.level is level]
        return sorted(found, key=lambda record: record.sequence)


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    thread = threading.Thread(target=store.server.serve_forever)
    thread.start()
    yield store
    store.server.shutdown()
    thread.join()
    store.server.server_close()


@pytest.fixture
def spool() -> Iterator[Path]:
    """Return a folder that nobody may reach, as the sensor becomes that user."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder) / "spool"


@contextmanager
def sensor(folder: Path, store: Store, server: WebServer, spool: Path) -> Iterator[Monitor]:
    sends = ["--store", "https://store", "--sensor", "web-1", "--spool", str(spool)]
    brisk = ["--set", "timeout=0.2", "--set", "dashboard_bucket_size=1", "--history", "none", "--ui", "console"]
    script = [sys.executable, str(SCRIPT), str(store.server.server_port)]
    with running(folder, [*script, "-i", "lo", "-p", str(server.port), *sends, *brisk]) as monitor:
        yield monitor


def visit(server: WebServer, times: int) -> None:
    for _ in range(times):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/hello")
        connection.getresponse().read()
        connection.close()


def await_records(spool: Path, more: int) -> None:
    """Wait until so many further buckets were written."""

    def size() -> int:
        return sum(path.stat().st_size for path in spool.glob("bucket-*.log"))

    until = time.monotonic() + PATIENCE
    for _ in range(more):
        known = size()
        while size() == known:
            assert time.monotonic() < until, "no bucket was written"
            time.sleep(0.02)


@pytest.mark.slow
def test_nothing_is_missing_after_an_outage_and_a_kill(tmp_path: Path, store: Store, spool: Path) -> None:
    with web_server(tmp_path / "web", ["127.0.0.1"], free_port()) as server:
        with sensor(tmp_path / "first", store, server, spool) as monitor:
            visit(server, 40)
            await_records(spool, 3)
            monitor.stop(signal.SIGKILL)
        with sensor(tmp_path / "second", store, server, spool) as monitor:
            visit(server, 30)
            await_records(spool, 2)
            assert "cannot send: status 503" in monitor.dashboards()[-1].text.replace("\n", " ")
            store.is_away = False
            visit(server, 20)
            await_records(spool, 2)
            assert monitor.stop() == 0, monitor.errors
        logged = len(server.visits_when_quiet())
    assert logged == 90
    for level in Level:
        records = store.of(level)
        assert [record.sequence for record in records] == list(range(1, len(records) + 1))
        assert totals(buckets_of(records))["status_classes"].count == logged
    health = {key: sums.count for (name, key), sums in flat(buckets_of(store.of(Level.DAY))).items() if name == HEALTH}
    assert health["requests"] == logged
    assert spool.stat().st_uid != 0

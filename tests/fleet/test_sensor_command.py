"""The command as a sensor: what it sends is what it counted, at each level; wrong use is said in one line."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fleet_helpers import MemoryTarget, buckets_of, flat, totals, unreachable
from wire import Talk, get, ok

from capture.lockdown import lockable
from capture.writer import PcapWriter
from fleet import stores
from history.archive import SqliteArchive
from history.keep import Retention
from history.periods import PeriodLevel
from history.record import HEALTH, Facts, Level, SensorRecord
from history.record_codec import decode
from store.watched import WATCHED

ROOT = Path(__file__).parents[2]
START = 1_700_000_040.0
VISITS = 400
QUIET = ("-q", "--set", "average_bucket_size=60", "--user", "root")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def trace(tmp_path: Path) -> str:
    """Write visits of more than ten minutes: every fourth fails, and the last minutes are a flood."""
    path = str(tmp_path / "trace.pcap")
    writer = PcapWriter(path)
    for number in range(VISITS):
        time = START + (3.1 * number if number < 200 else 620 + 0.5 * (number - 200))
        talk = Talk(client_port=10_000 + number, time=time)
        answer = ok(status=503 if number % 4 == 0 else 200)
        writer.write(talk.client(get(f"/p{number % 7}")).server(answer).close().frames)
    writer.close()
    return path


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> MemoryTarget:
    found = MemoryTarget()
    monkeypatch.setattr(stores, "open_target", lambda *_: found)
    return found


def sends(folder: Path, trace: str, *more: str) -> tuple[str, ...]:
    return ("-r", trace, "--store", "https://store.example.net", "--spool", str(folder / "spool"), *QUIET, *more)


def test_all_levels_have_what_the_history_has(run_here: Run, tmp_path: Path, trace: str, target: MemoryTarget) -> None:
    history = tmp_path / "h.db"
    status, _, err = run_here(
        *sends(tmp_path, trace, "--history", str(history), "--sensor", "web-1", "--vantage", "edge")
    )
    assert (status, err) == (0, "")
    archive = SqliteArchive(str(history), Retention())
    for level in Level:
        sent = flat(buckets_of(target.of(level)))
        for name in ("request_rate", "top_sections", "server_response_time", "status_classes"):
            top = archive.top(name, START - 60, START + 3600, 100)
            kept = {key: (sums.column, sums.times) for key, sums in top.rows}
            assert kept == {key: (sums.column, sums.times) for (part, key), sums in sent.items() if part == name}
            assert sum(sums.count for _, sums in top.rows) == VISITS
        watched = archive.totals(WATCHED, PeriodLevel.MINUTE, 0, START + 3600)
        assert sent[WATCHED, ""].seconds == pytest.approx(sum(sums.seconds for _, sums in watched))
    archive.close()
    assert target.closed


def test_signals_health_and_alerts_are_sent_too(
    run_here: Run, tmp_path: Path, trace: str, target: MemoryTarget
) -> None:
    run_here(*sends(tmp_path, trace, "--sensor", "web-1", "--vantage", "edge"))
    for level in Level:
        sums = totals(buckets_of(target.of(level)))
        assert sums["signals.requests_by_client"].count == sums["signals.outcomes"].count == VISITS
    health = {
        key: sums.count for (name, key), sums in flat(buckets_of(target.of(Level.HOUR))).items() if name == HEALTH
    }
    assert (health["requests"], health["exchanges"], health["frames"]) == (VISITS, VISITS, 8 * VISITS)
    assert "connections" not in health
    alerts = [alert for record in target.of(Level.BUCKET) for alert in record.alerts]
    assert {json.loads(alert.text)["signal"] for alert in alerts} >= {"request_rate"}
    assert alerts[-1].end is not None
    facts = {record.facts for record in target.records.values()}
    (fact,) = facts
    assert (fact.vantage, fact.bucket_size, fact.source.endswith("trace.pcap port 80")) == ("edge", 10, True)
    assert isinstance(fact, Facts)
    assert {record.series.sensor for record in target.records.values()} == {"web-1"}


def test_what_a_store_did_not_take_is_sent_by_the_next_run(
    run_here: Run, tmp_path: Path, trace: str, target: MemoryTarget
) -> None:
    target.answer = unreachable
    status, _, err = run_here(*sends(tmp_path, trace, "--set", "store_replay_time=0"))
    assert status == 0
    assert "cannot send: https://store: connection refused;" in err
    target.answer = None
    run_here(*sends(tmp_path, trace))
    for level in Level:
        records = target.of(level)
        assert [record.sequence for record in records] == list(range(1, len(records) + 1))
        assert totals(buckets_of(records))["signals.outcomes"].count == 2 * VISITS


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--store", "https://"), "--store: 'https://' names no host"),
        (("--store", "https://x", "--sensor", "a/b"), "'a/b' is no name of a sensor (--sensor): 1 to 64 of"),
        (("--store", "/var/lib/fleet"), "--store: /var/lib/fleet is a folder, which only readers use"),
        (("--store", "https://x?token_file=/nowhere"), "--store: cannot read /nowhere: No such file"),
        (("--store", "https://x", "--spool", "/dev/null/x"), "--spool: cannot make /dev/null/x: Not a directory"),
    ],
)
def test_wrong_use_is_one_line(
    run_here: Run, trace: str, given: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "--spool" in given:
        monkeypatch.setattr(stores, "open_target", lambda *_: MemoryTarget())
    status, _, err = run_here("-r", trace, *QUIET, *given)
    assert status in (1, 2)
    assert said in err
    assert err.count("\n") == 1


def test_a_spool_of_another_sensor_is_one_line(run_here: Run, tmp_path: Path, trace: str, target: MemoryTarget) -> None:
    run_here(*sends(tmp_path, trace, "--sensor", "web-1"))
    status, _, err = run_here(*sends(tmp_path, trace, "--sensor", "web-2"))
    assert (status, err.count("\n")) == (1, 1)
    assert f"--store: the spool {tmp_path / 'spool'} is of the sensor web-1; use --sensor web-1, or another" in err


def test_a_file_is_sent_only_if_the_command_line_says_so(
    run_here: Run, tmp_path: Path, trace: str, target: MemoryTarget
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'store = "https://store.example.net"\nspool = "{tmp_path / "spool"}"\n')
    config.chmod(0o600)
    status, _, _ = run_here("-r", trace, "--config", str(config), *QUIET)
    assert (status, target.records) == (0, {})
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_secret_that_others_can_read_is_refused(run_here: Run, tmp_path: Path, trace: str, mode: int) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret\n")
    secret.chmod(mode)
    status, _, err = run_here("-r", trace, *QUIET, "--store", f"https://x?token_file={secret}")
    assert status == 1
    assert f"others can read the secret in {secret}; run: chmod 600 {secret}" in err
    assert "s3cret" not in err


@pytest.fixture
def receiver() -> Iterator[tuple[int, dict[tuple[object, int], SensorRecord]]]:
    """Take records at a port, as a store would."""
    taken: dict[tuple[object, int], SensorRecord] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            record = decode(self.rfile.read(int(self.headers["Content-Length"])))
            taken[record.series, record.sequence] = record
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, taken
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.skipif(not lockable(), reason="the core is not built, or not for this system")
def test_a_locked_down_run_writes_its_spool_and_sends(
    tmp_path: Path, trace: str, receiver: tuple[int, dict[tuple[object, int], SensorRecord]]
) -> None:
    port, taken = receiver
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "sensor_by_http.py"), str(port), *sends(tmp_path, trace), "-v"],
        capture_output=True, text=True, cwd=ROOT, check=False, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "locked down: files and network" in done.stderr
    for level in Level:
        records = [record for record in taken.values() if record.series.level is level]
        assert totals(buckets_of(records))["signals.outcomes"].count == VISITS

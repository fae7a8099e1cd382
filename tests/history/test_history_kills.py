"""The program is killed at any moment while it writes: what it wrote is complete, and is restored."""

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from wire import Talk

from capture.writer import PcapWriter
from cli.report import report
from history.archive import SqliteArchive
from history.keep import Retention
from history.outlet import History
from history.periods import PeriodLevel

ROOT = Path(__file__).parents[2]
START = 1_794_960_000.0
MINUTES = 900
EACH = 3
"""Requests in a minute."""
KILLS = 7
NAMES = ("request_rate", "top_sections", "server_response_time")
QUIET = ["-q", "--user", "root", "--set", "dashboard_bucket_size=60", "--set", f"statistics={','.join(NAMES)}"]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the capture of a quiet night: three requests in each of 900 minutes."""
    path = tmp_path_factory.mktemp("capture") / "night.pcap"
    writer = PcapWriter(str(path))
    for minute in range(MINUTES):
        for number in range(EACH):
            talk = Talk(client_port=1024 + minute * EACH + number, time=START + 60 * minute + 15 * number)
            writer.write(talk.client(b"GET /a HTTP/1.1\r\nHost: shop\r\n\r\n").server(OK).close().frames)
    writer.close()
    return path


@pytest.fixture(scope="module")
def history(capture: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a history with runs that were killed while they wrote."""
    path = tmp_path_factory.mktemp("history") / "killed.db"
    chance = random.Random(5)
    for _ in range(KILLS):
        size = written(path)
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "exercise.py"), "-r", str(capture), "--history", str(path), *QUIET],
            stdout=subprocess.DEVNULL,
        )
        try:
            until = time.monotonic() + 60
            while written(path) == size and process.poll() is None and time.monotonic() < until:
                time.sleep(0.005)
            time.sleep(chance.random() * 0.3)
        finally:
            process.kill()
            process.wait()
    return path


def written(path: Path) -> int:
    """Return a number that changes when something is written."""
    log = path.with_name(path.name + "-wal")
    return log.stat().st_mtime_ns if log.exists() else 0


def test_the_file_is_intact(history: Path) -> None:
    with sqlite3.connect(history) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    file.close()


def test_each_run_left_every_minute_before_it_was_killed(history: Path) -> None:
    archive = SqliteArchive(str(history), Retention())
    for name in NAMES:
        minutes = dict(archive.totals(name, PeriodLevel.MINUTE, 0, START + 1e9))
        assert list(minutes) == [START + 60 * number for number in range(len(minutes))]
        counts = [sums.count for sums in minutes.values()]
        assert counts == sorted(counts, reverse=True)  # later runs started again from the beginning
        assert {count % EACH for count in counts} == {0}
        assert EACH < counts[0] <= KILLS * EACH
        for level in (PeriodLevel.HOUR, PeriodLevel.DAY):
            assert sum(sums.count for _, sums in archive.totals(name, level, 0, START + 1e9)) == sum(counts)
    archive.close()


def test_the_report_can_be_made(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    end = START + 60 * MINUTES
    assert report(["--history", str(history), "--since", "16h"], now=end) == 0
    assert "shop/a" in capsys.readouterr().out


def test_the_next_run_restores_the_last_24_hours(history: Path) -> None:
    archive = SqliteArchive(str(history), Retention())
    counted = sum(sums.count for _, sums in archive.totals("request_rate", PeriodLevel.MINUTE, 0, START + 1e9))
    archive.close()
    again = History(history, Retention(), dict.fromkeys(NAMES, "hits"))
    again.start()
    buckets, _ = again.before(START + 60 * MINUTES, 86400)
    closed = [statistic for bucket in buckets for statistic in bucket.statistics if statistic.name == "request_rate"]
    assert sum(sums.count for statistic in closed for sums in statistic.keys.values()) == counted > 0
    again.close()

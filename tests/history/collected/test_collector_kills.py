"""A collector is killed at any moment: what it acknowledged is there, and nothing counts twice."""

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from history.archive import SqliteArchive
from history.keep import Retention
from history.periods import PeriodLevel

TARGET = Path(__file__).with_name("kill_target.py")
START = 1_795_000_000 // 86400 * 86400.0
KILLS = 6


def last_acknowledged(folder: Path, first: int, pause: float) -> int:
    """Run the collector from a record on, kill it after it acknowledged some and a pause, and return the last one."""
    command = [sys.executable, str(TARGET), str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(5)]
        time.sleep(pause)
        process.kill()
        said += process.stdout.readlines()
    return int([line for line in said if line.endswith("\n")][-1])


def test_killed_collectors_lose_nothing_and_count_nothing_twice(tmp_path: Path) -> None:
    chance, last = random.Random(3), 0
    for _ in range(KILLS):
        # The sensor sends again what it got no answer for, and some that it did.
        last = max(last, last_acknowledged(tmp_path, max(1, last - 5), chance.random() * 0.1))
    path = str(tmp_path / "web-1.db")
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        [(first, applied)] = database.execute("SELECT first, last FROM applied").fetchall()
    assert (first, applied >= last > 20) == (1, True)
    expected = {60 * minute: 0 for minute in range(applied * 10 // 60 + 1)}
    for sequence in range(1, applied + 1):
        expected[sequence * 10 // 60 * 60] += 20 * (1 + sequence % 7)
    with closing(SqliteArchive(path, Retention())) as archive:
        minutes = archive.totals("top_sections", PeriodLevel.MINUTE, START, START + 1e9)
        assert {start - START: sums.count for start, sums in minutes} == expected
        for level in (PeriodLevel.HOUR, PeriodLevel.DAY):
            found = archive.totals("top_sections", level, START, START + 1e9)
            assert sum(sums.count for _, sums in found) == sum(expected.values())

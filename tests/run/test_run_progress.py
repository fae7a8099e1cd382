"""Reading a file shows its progress on a terminal."""

import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from wire import Talk, get, ok

from capture.intake import Status
from capture.source import Counters, Position
from capture.writer import PcapWriter
from run.progress import with_progress
from run.watch import Ending, drive
from traffic.health import Health

ROOT = Path(__file__).parents[2]
END = Ending(7.0, Status(Health(), Counters(0, 0), ()), None)


class Notes:
    """A terminal of 80 columns that records its output."""

    is_terminal, width = True, 80

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def intake(position: Position | None) -> Any:
    source = SimpleNamespace(position=lambda: position, counters=lambda: Counters(5000, 0))
    return SimpleNamespace(source=source)


def steps(count: int) -> Generator[float, None, Ending]:
    for _ in range(count):
        yield 0.0
    return END


def clock(period: float) -> Callable[[], float]:
    times = iter(range(1000))
    return lambda: next(times) * period


def run(watch: Generator[float, None, Ending]) -> Ending:
    return drive(watch, lambda pause: None)


def test_a_line_is_shown_every_half_second_and_removed_at_the_end() -> None:
    screen: Any = Notes()
    assert run(with_progress(steps(10), intake(Position(250, 1000)), screen, clock(0.25))) is END
    assert len(screen.notes) == 6
    assert screen.notes[3].startswith("[#####...............]  25 %   2,500 packets/s   6 s left")
    assert screen.notes[-1] == ""


def test_a_file_that_is_read_quickly_shows_no_progress() -> None:
    screen: Any = Notes()
    run(with_progress(steps(10), intake(Position(250, 1000)), screen, clock(0.01)))
    assert screen.notes == [""]


def test_live_traffic_has_no_progress() -> None:
    screen: Any = Notes()
    run(with_progress(steps(10), intake(None), screen, clock(1)))
    assert screen.notes == [""]


def test_the_line_is_removed_if_reading_is_stopped() -> None:
    screen: Any = Notes()
    watch = with_progress(steps(10), intake(Position(250, 1000)), screen, clock(1))
    next(watch)
    watch.close()
    assert screen.notes[-1] == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
def test_progress_of_a_pipe_is_shown_on_standard_error(tmp_path: Path) -> None:
    path = tmp_path / "trace.pcap"
    writer = PcapWriter(str(path))
    writer.write(Talk().client(get("/")).server(ok()).close().frames)
    writer.close()
    master, slave = pty.openpty()
    command = [sys.executable, str(ROOT / "exercise.py"), "-r", "-", "--ui", "json", "--user", "root"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=slave, env=environment
    ) as process:
        os.close(slave)
        assert process.stdin is not None
        assert process.stdout is not None
        whole = path.read_bytes()
        process.stdin.write(whole)
        process.stdin.flush()
        said = b""
        seen = threading.Event()
        feeder = threading.Thread(target=_feed, args=(process.stdin, whole[24:], seen))
        feeder.start()
        try:
            while b"packets/s" not in said:
                said += os.read(master, 4096)
        finally:
            seen.set()
            feeder.join()
        assert process.wait(timeout=60) == 0
        assert b'"final":true' in process.stdout.read()
    assert re.search(rb"\r[\d,.]+ packets/s   [\d.]+ k?B\x1b\[K", said)
    os.close(master)


def _feed(pipe: Any, frames: bytes, seen: threading.Event) -> None:
    """Send the same frames until they are seen, for at most half a minute."""
    for _ in range(600):
        pipe.write(frames)
        pipe.flush()
        if seen.wait(0.05):
            break
    pipe.close()

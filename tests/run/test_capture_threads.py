"""`capture_threads`: the same output from several threads, read ahead of the counting."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import pytest

from bench.make_capture import make_capture
from capture.core import CORE
from capture.intake import Intake
from capture.recent_packets import RecentPackets
from exercise_config import Config
from run import decoding
from run.decoding import capture_threads, shared, thread_lines
from run.memory_bound import memory_bound
from run.read_ahead import ReadAhead
from run.schedule import Schedule
from traffic.limits import Limits

ROOT = Path(__file__).parents[2]
PACKETS = 20_000
PATIENCE = 20


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("capture") / "many.pcap"
    make_capture(path, PACKETS)
    return path


def run(capture: Path, threads: int, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "exercise.py", "-r", str(capture), "--set", f"capture_threads={threads}", *arguments]
    return subprocess.run(
        [*command, "--set", "dashboard_bucket_size=1"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(CORE is None, reason="the core is not built: make fast")
def test_the_output_does_not_depend_on_the_number_of_threads(capture: Path, tmp_path: Path) -> None:
    said, logged = list[str](), list[list[str]]()
    for threads in (1, 2, 3, 3):
        log = tmp_path / f"{len(said)}.log"
        ended = run(capture, threads, "--ui", "json", "--log", str(log))
        assert (ended.returncode, ended.stderr) == (0, "")
        said.append(ended.stdout)
        logged.append(log.read_text().splitlines())
    assert len(json.loads(said[0].splitlines()[-1])) > 10
    assert said[1:] == said[:1] * 3
    assert [sorted(lines) for lines in logged[1:]] == [sorted(logged[0])] * 3
    assert logged[2] == logged[3], "the order is the same in every run, too"


@pytest.mark.skipif(CORE is None, reason="the core is not built: make fast")
def test_a_damaged_file_and_a_duration_end_it_as_with_one_thread(capture: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.pcap"
    damaged.write_bytes(capture.read_bytes()[:-7])
    for path, arguments in ((damaged, ()), (capture, ("--duration", "1.5")), (capture, ("--count", "5000"))):
        one, several = (run(path, threads, "-q", *arguments) for threads in (1, 2))
        assert (several.returncode, several.stdout, several.stderr) == (one.returncode, one.stdout, one.stderr)


def test_without_the_core_one_line_says_that_the_setting_is_ignored(capture: Path) -> None:
    ended = run(capture, 2, "-q", "--count", "50", HTTP_MONITOR_DECODER="python")
    assert ended.returncode == 0
    assert ended.stderr == "exercise.py: capture_threads is ignored: only the core decodes in several\n"


def test_an_old_core_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "CORE", object())
    assert capture_threads(Config(capture_threads=3)) == 1
    assert thread_lines(Config(capture_threads=3)) == ("capture_threads is ignored: this core is too old",)
    assert thread_lines(Config()) == ()


def test_the_limits_of_all_threads_together_are_those_of_one() -> None:
    limits = Limits(connections=1000, total_buffer=999, owners=10, waiting_records=100, waiting_characters=7, secrets=5)
    each = shared(limits, 3)
    assert (each.connections, each.total_buffer, each.owners) == (334, 333, 4)
    assert (each.waiting_records, each.waiting_characters) == (34, 3)
    assert (each.secrets, each.connection_buffer, each.pending_lookups) == (5, 2**20, 32768)


def test_the_memory_of_several_threads_is_in_the_bound() -> None:
    assert memory_bound(Config(capture_threads=3)) - memory_bound(Config()) == 64 * 2**20 + 2 * 600 * 100_000


def test_nothing_is_read_ahead_if_the_packets_before_an_alert_are_kept() -> None:
    nothing: Any = None
    intake = Intake(nothing, nothing)
    intake.reads_ahead = True
    intake.keep_in(RecentPackets(60, 1000))
    assert not intake.reads_ahead


def test_steps_come_in_order_and_an_error_after_them() -> None:
    def steps() -> Iterator[int]:
        yield from range(20)
        raise ValueError("the end")

    ahead, found = ReadAhead(steps()), list[int]()
    with pytest.raises(ValueError, match="the end"):
        found.extend(step for step in ahead if step is not None)
    assert found == list(range(20))
    ahead.close()


def test_nothing_is_ready_while_a_step_takes_long() -> None:
    ready = threading.Event()

    def steps() -> Iterator[str]:
        ready.wait(PATIENCE)
        yield "late"

    ahead = ReadAhead(steps())
    found = iter(ahead)
    assert next(found) is None
    ready.set()
    assert next(step for step in found if step is not None) == "late"
    ahead.close()


def test_closing_ends_a_thread_that_is_far_ahead() -> None:
    made, ended = list[int](), threading.Event()

    def steps() -> Iterator[int]:
        try:
            for number in range(10**9):
                made.append(number)
                yield number
        finally:
            ended.set()

    ahead = ReadAhead(steps())
    assert next(step for step in ahead if step is not None) == 0
    ahead.close()
    assert len(made) < 10, "few steps are taken ahead"
    del ahead
    assert ended.wait(PATIENCE)


def test_ticks_are_due_at_refreshes_and_after_each_timeout() -> None:
    schedule = Schedule(timeout=2, refreshes=5, silence=60)
    schedule.begin(1002.5)
    assert (schedule.due, schedule.refresh_at) == (1004.5, 1005)
    schedule.begin(schedule.due)
    assert (schedule.due, schedule.refresh_at) == (1005, 1005)
    schedule.begin(schedule.due)
    assert (schedule.due, schedule.refresh_at) == (1007, 1010)


@pytest.mark.parametrize(("resumes", "due"), [(1064.0, 1005.0), (1066.0, 1070.0)])
def test_only_the_rest_of_a_long_silence_is_skipped(resumes: float, due: float) -> None:
    schedule: Any = Schedule(inf, refreshes=5, silence=60)
    schedule.begin(1002)
    schedule.skip_to(resumes)
    assert schedule.due == due


def test_a_file_has_no_ticks_between_refreshes() -> None:
    schedule = Schedule(timeout=2, refreshes=5, silence=60).of_file()
    schedule.begin(1002)
    assert schedule.due == 1005

"""Runs one attack through the whole program in a process of its own; `measure(name, n)` starts it and reads the result.

The child is `python -m tests.attacks.measure NAME N LIMIT`. It limits its own memory, runs the attack like a capture
file, with a log, and prints one line of JSON.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from capture.intake import Intake
from capture.ports import parse_ports
from capture.source import Counters
from dashboard.outlet import Console
from dashboard.screen import Screen
from exercise_config import Config
from outputs.log.event_log import EventLog
from outputs.log.file_sink import FileSink
from outputs.log.formats import FORMATS, Terms
from outputs.log.kinds import Origin
from run.decoding import decoder_for, limits, protocols, without_loss
from run.session import Session
from run.watch import Stop, drive, watch_file
from stats.loading import load
from traffic.frame import Frame
from traffic.frames import Frames
from traffic.records import OPTIONAL
from view.exchange_line import Discretion
from view.outlet import Outlet
from view.view import View

from .attacks import ATTACKS
from .frames import timed

ROOT = Path(__file__).resolve().parents[2]
SLACK = 512 * 2**20
"""Address space besides resident memory: libraries, and reserves of the allocator."""


class Cost(NamedTuple):
    """The cost of an attack."""

    frames: int
    seconds: float
    """Processor time, without the time to generate frames."""
    peak: int
    """Peak resident memory in bytes, including the interpreter and all libraries."""
    counted: dict[str, int]
    """What the screen says was discarded, by name."""
    held: int
    """Bytes that the decoder still accounts for at the end; 0 if it released everything."""


class Made:
    """A source that generates frames on demand and measures the time this takes."""

    name, live, warning = "attack", False, ""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self.seconds = 0.0
        self.frames = 0
        self._made = frames

    def read(self) -> Frames | None:
        """Generate the next thousand frames."""
        start = time.process_time()
        batch = Frames.of(islice(self._made, 1024))
        self.seconds += time.process_time() - start
        self.frames += len(batch)
        return batch or None

    def counters(self) -> Counters:
        return Counters(self.frames, 0)

    def clock(self) -> float:
        return 0.0

    def position(self) -> None:
        """Return None, because it is not a file."""

    def close(self) -> None:
        """Do nothing, because nothing is open."""


class Kept(Outlet):
    """An outlet that keeps the last View."""

    last: View | None = None

    def finish(self, view: View) -> None:
        """Keep the View."""
        self.last = view


def run(name: str, n: int) -> Cost:
    """Run an attack in this process."""
    config = Config(statistics=(*Config.statistics, *ATTACKS[name].statistics))
    statistics = load(config.statistics, vars(config))
    source = Made(timed(ATTACKS[name].packets(n)))
    decoded = protocols(config, statistics)
    wanted = OPTIONAL & {statistic.record for statistic in statistics}
    keys = ATTACKS[name].keys
    bounds = without_loss(limits(config))
    decoder = decoder_for(parse_ports("80"), bounds, wanted, decoded, secrets=keys is not None)
    terms = Terms(Origin("", "", "", ""), Discretion(True, True))
    log = EventLog([FileSink(os.devnull)], FORMATS["ecs"](terms))
    lines = keys(n) if keys is not None else b""
    start = time.process_time()
    decoder.add_secrets(lines)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, Screen(nowhere, True) as screen:
        kept = Kept()
        session = Session(config, statistics, "attack", [log], [Console(screen), kept])
        stop = Stop()
        ending = drive(watch_file(Intake(source, decoder), session, None, stop), stop.wait)
        session.finish(ending.clock, ending.status)
    assert ending.error is None
    assert session.complaints() == []
    assert kept.last is not None
    seconds = time.process_time() - start - source.seconds
    return Cost(source.frames, seconds, peak(), counted(kept.last), decoder.held)


def counted(view: View) -> dict[str, int]:
    """Return everything that the screen says was left out, by name."""
    health = view.health
    figures = {
        "evicted": health.evicted,
        "gaps": health.gaps,
        "unanswered": health.unanswered_requests,
        "unpaired": health.unpaired_responses,
        "queue": health.queue_lost,
        "(other)": max((panel.other.window.count for panel in view.panels), default=0),
        **dict(health.oddities),
        **dict(health.unreadable),
        **dict(health.secrets),
    }
    return {name: number for name, number in figures.items() if number}


def peak() -> int:
    """Return the peak resident memory of this process in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def measure(name: str, n: int, limit: int) -> Cost:
    """Run an attack in a process that may use `limit` bytes of memory, plus SLACK of address space.

    Raises:
        subprocess.CalledProcessError: The process failed, usually for lack of memory.
    """
    command = [sys.executable, "-m", "tests.attacks.measure", name, str(n), str(limit)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return Cost(**json.loads(done.stdout))


def main(name: str, n: str, limit: str) -> None:
    """Run the child process."""
    import resource

    if int(limit):
        resource.setrlimit(resource.RLIMIT_AS, (int(limit) + SLACK, int(limit) + SLACK))
    print(json.dumps(run(name, int(n))._asdict()))


if __name__ == "__main__":
    main(*sys.argv[1:])

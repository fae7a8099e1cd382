"""One attack in a process of its own, through all of the program: `measure(name, n)` starts it and reads what it says.

The child is `python -m tests.attacks.measure NAME N LIMIT`: it gives itself a limit of memory, runs the attack as a
capture file is run, with a log, and prints one line of JSON.
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
from outputs.exchange_log import ExchangeLog
from run.decoding import decoder_for, limits, without_loss
from run.session import Session
from run.watch import Stop, drive, watch_file
from stats.loading import load
from traffic.frame import Frame
from traffic.frames import Frames
from view.exchange_line import Discretion
from view.outlet import Outlet
from view.view import View

from .attacks import ATTACKS
from .frames import timed

ROOT = Path(__file__).resolve().parents[2]
SLACK = 512 * 2**20
"""Address space that is no resident memory: libraries, and what the allocator keeps in reserve."""


class Cost(NamedTuple):
    """What an attack cost."""

    frames: int
    seconds: float
    """Of processor time, the making of the frames left out."""
    peak: int
    """Resident memory in bytes, the interpreter and all libraries included."""
    counted: dict[str, int]
    """What is on screen of what was thrown away: by name."""
    held: int
    """Bytes that the decoder still accounts for at the end; 0 if it forgot none."""


class Made:
    """A source of frames that are made while they are asked for; keeps the time that it took."""

    name, live, notice = "attack", False, ""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self.seconds = 0.0
        self.frames = 0
        self._made = frames

    def read(self) -> Frames | None:
        """The next thousand."""
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
        """It is no file."""

    def close(self) -> None:
        """Nothing is open."""


class Kept(Outlet):
    """An outlet that keeps the last View."""

    last: View | None = None

    def finish(self, view: View) -> None:
        """Keep it."""
        self.last = view


def run(name: str, n: int) -> Cost:
    """Run an attack in this process."""
    config = Config()
    statistics = load(config.statistics)
    source = Made(timed(ATTACKS[name].packets(n)))
    decoder = decoder_for(parse_ports("80"), without_loss(limits(config)))
    log = ExchangeLog(os.devnull, Discretion(True, True))
    start = time.process_time()
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
    """All that the screen says was left out, by name."""
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
    }
    return {name: number for name, number in figures.items() if number}


def peak() -> int:
    """The most memory that this process had resident, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def measure(name: str, n: int, limit: int) -> Cost:
    """Run an attack in a process that the kernel lets have `limit` bytes, and SLACK of address space.

    Raises:
        subprocess.CalledProcessError: it ended early, for want of memory as a rule.
    """
    command = [sys.executable, "-m", "tests.attacks.measure", name, str(n), str(limit)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return Cost(**json.loads(done.stdout))


def main(name: str, n: str, limit: str) -> None:
    """The child."""
    import resource

    if int(limit):
        resource.setrlimit(resource.RLIMIT_AS, (int(limit) + SLACK, int(limit) + SLACK))
    print(json.dumps(run(name, int(n))._asdict()))


if __name__ == "__main__":
    main(*sys.argv[1:])

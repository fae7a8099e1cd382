"""Runs `exercise.py` like a user, with its output in a file, and waits for its output."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .dashboard_text import COLUMNS, Dashboard, dashboards

ROOT = Path(__file__).resolve().parent.parent.parent


def command(*arguments: str, **settings: object) -> list[str]:
    """Return the command line of the program with these arguments and settings."""
    sets = [text for name, value in settings.items() for text in ("--set", f"{name}={value}")]
    return [sys.executable, str(ROOT / "exercise.py"), *arguments, "--set", "max_top_hits=60", *sets]


def environment() -> dict[str, str]:
    """Return an environment in which panels are below each other, and times are in UTC."""
    return {**os.environ, "COLUMNS": str(COLUMNS), "TZ": "UTC", "PYTHONIOENCODING": "utf-8"}


class Monitor:
    """A running monitor."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path):
        self.process = process
        self._output = folder / "output"
        self._errors = folder / "errors"

    @property
    def output(self) -> str:
        """Return its output so far."""
        return self._output.read_text(encoding="utf-8")

    @property
    def errors(self) -> str:
        """Return its standard error so far."""
        return self._errors.read_text(encoding="utf-8")

    def dashboards(self) -> list[Dashboard]:
        """Return all complete dashboards; the last one may be incomplete."""
        return dashboards(self.output)[: None if self.process.poll() is not None else -1]

    def wait(self, what: str, holds: Callable[[Dashboard], bool], seconds: float = 60) -> Dashboard:
        """The first dashboard from now on for which it holds.

        Raises:
            AssertionError: there was none in that time; with all that was printed last.
        """
        known = len(self.dashboards())
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for page in self.dashboards()[known:]:
                if holds(page):
                    return page
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.errors}"
            time.sleep(0.05)
        raise AssertionError(f"{what}: not within {seconds} s; errors {self.errors!r}; last\n{self.output[-5000:]}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """End the monitor with a signal, and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@contextmanager
def running(folder: Path, arguments: Sequence[str], inside: Sequence[str] = ()) -> Iterator[Monitor]:
    """Start a monitor, wait until it captures, and clean up at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "output").open("wb") as output, (folder / "errors").open("wb") as errors:
        process = subprocess.Popen([*inside, *arguments], stdout=output, stderr=errors, env=environment(), cwd=folder)
    monitor = Monitor(process, folder)
    try:
        monitor.wait("the first dashboard", lambda page: True)
        yield monitor
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()

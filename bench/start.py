"""Start-up time (`--help`, a file, the open socket and the first screen of an interface), and memory of a quiet run."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.measure import ROOT, CommandError, Figure, new_history, resident, run, table
from bench.network import wait
from bench.offline import STARTING, capture_of

PROGRAM: Final = [sys.executable, "exercise.py"]
QUIET: Final = [*PROGRAM, "-i", "lo"]
HELP, SOCKET, SCREEN = "--help, warm", "-i lo to the open socket, warm", "-i lo to the first full screen, warm"
MEMORY: Final = "-i lo, quiet, after 15 s"
SETTLED: Final = 15.0
"""Seconds after which a quiet run has refreshed its console and closed a bucket."""
PANEL: Final = b"Top hits by section"
"""A title that appears once the full screen has all its panels."""
ROWS, COLUMNS = 40, 120


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, list[float]]:
    """Return elapsed seconds, or MiB, by what was started."""
    say("start")
    capture = str(capture_of(STARTING))
    rounds, cold = (2, 1) if quick else (7, 3)
    values: dict[str, list[float]] = {}
    cases = {"--help": [*PROGRAM, "--help"], f"-r, {STARTING} packets to the end": [*PROGRAM, "-r", capture, "-q"]}
    for name, command in cases.items():
        run(command)
        values[f"{name}, warm"] = [run(command).seconds for _ in range(rounds)]
        values[f"{name}, no bytecode yet"] = [_cold(command) for _ in range(cold)]
    if sys.platform == "linux" and os.geteuid() == 0:
        values[SOCKET] = [_listening() for _ in range(rounds)]
        values[SCREEN] = [_drawn() for _ in range(rounds)]
        values[MEMORY] = [_quiet_memory() for _ in range(1 if quick else 3)]
    return values


def _cold(command: list[str]) -> float:
    """Run with an empty bytecode cache, so that every module is compiled first."""
    with tempfile.TemporaryDirectory() as folder:
        return run(["env", f"PYTHONPYCACHEPREFIX={folder}", *command]).seconds


def _listening() -> float:
    """Return the seconds until the program has a packet socket on loopback."""
    with _running([*QUIET, "-q"]) as process:
        return _until_it_listens(process)


def _quiet_memory() -> float:
    """Return the MiB of a console on a loopback interface without traffic."""
    with _running(QUIET) as process:
        _until_it_listens(process)
        time.sleep(SETTLED)
        return resident(process.pid)


def _drawn() -> float:
    """Return the seconds until the full screen is drawn with all its panels, in its own terminal."""
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        with _running([*QUIET, "--ui", "full"], theirs):
            return _until_shown(ours, PANEL)
    finally:
        os.close(ours)
        os.close(theirs)


@contextmanager
def _running(command: Sequence[str], terminal: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command with loopback up, in its own network namespace if possible."""
    alone = ["unshare", "--net"] if shutil.which("unshare") else []
    up = ["sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [*alone, *up, *command],
            cwd=ROOT,
            env={**new_history(Path(folder)), "TERM": "xterm-256color"},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _until_it_listens(process: subprocess.Popen[bytes]) -> float:
    """Return the seconds until the process has a packet socket."""
    begin = time.monotonic()

    def listens() -> bool:
        if process.poll() is not None:
            raise CommandError("exercise.py -i lo ended")
        name = Path(f"/proc/{process.pid}/comm").read_text()
        return name.startswith("python") and "\n" in Path(f"/proc/{process.pid}/net/packet").read_text().strip()

    wait(listens, "exercise.py -i lo to listen", step=0.002)
    return time.monotonic() - begin


def _until_shown(terminal: int, text: bytes) -> float:
    """Return the seconds until the text appears on a terminal."""
    begin, seen = time.monotonic(), b""
    while text not in seen:
        ready, _, _ = select.select([terminal], [], [], 20)
        if not ready:
            raise CommandError(f"{text.decode()} does not come")
        seen += os.read(terminal, 2**16)
    return time.monotonic() - begin


def report(values: dict[str, list[float]]) -> str:
    """Return two Markdown tables."""
    seconds = ([name, Figure.of(known).text(".2f")] for name, known in values.items() if name != MEMORY)
    memory = [[MEMORY, Figure.of(values[MEMORY]).text(".1f")]] if MEMORY in values else []
    return table(("start", "s"), seconds) + "\n\n" + table(("resident memory", "MiB"), memory)


def facts(values: dict[str, list[float]]) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {name: Figure.of(known)._asdict() for name, known in values.items()}

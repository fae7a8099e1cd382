"""How long it takes to start: `--help`, and the time to the first packet of a file and of an interface."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.measure import ROOT, Figure, run, table
from bench.offline import STARTING, capture_of

PROGRAM: Final = [sys.executable, "exercise.py"]
WARM, COLD = "warm", "no bytecode yet"


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, list[float]]:
    """Seconds by the clock on the wall, by what was started."""
    say("start")
    capture = str(capture_of(STARTING))
    rounds = 3 if quick else 7
    values: dict[str, list[float]] = {}
    cases = {"--help": [*PROGRAM, "--help"], f"-r, {STARTING} packets to the end": [*PROGRAM, "-r", capture, "-q"]}
    for name, command in cases.items():
        run(command)
        values[f"{name}, {WARM}"] = [run(command).seconds for _ in range(rounds)]
        values[f"{name}, {COLD}"] = [_cold(command) for _ in range(3)]
    if sys.platform == "linux" and os.geteuid() == 0:
        values[f"-i lo to the open socket, {WARM}"] = [_listening() for _ in range(rounds)]
    return values


def _cold(command: list[str]) -> float:
    """With an empty cache of bytecode: every module is compiled first."""
    with tempfile.TemporaryDirectory() as folder:
        return run(["env", f"PYTHONPYCACHEPREFIX={folder}", *command]).seconds


def _listening() -> float:
    """Until it has a packet socket on loopback, in a network namespace of its own where that can be."""
    alone = ["unshare", "--net"] if shutil.which("unshare") else []
    up = 'ip link set lo up; exec "$@"'
    command = [*alone, "sh", "-c", up, "sh", *PROGRAM, "-i", "lo", "-q"]
    begin = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sockets = Path(f"/proc/{process.pid}/net/packet")
    try:
        while time.monotonic() < begin + 20 and process.poll() is None:
            if (
                Path(f"/proc/{process.pid}/comm").read_text().startswith("python")
                and "\n" in sockets.read_text().strip()
            ):
                break
            time.sleep(0.002)
        return time.monotonic() - begin
    finally:
        process.kill()
        process.wait()


def report(values: dict[str, list[float]]) -> str:
    """The table as Markdown."""
    return table(("start", "s"), ([name, Figure.of(known).text(".2f")] for name, known in values.items()))


def facts(values: dict[str, list[float]]) -> dict[str, Any]:
    """The same for machines."""
    return {name: Figure.of(known)._asdict() for name, known in values.items()}

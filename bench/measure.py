"""What a command takes, and figures of several runs."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".bench"
"""Captures, peers and results: made when they are needed, safe to remove."""
LONGEST: Final = 600.0
"""Seconds that one run may take."""


class Cost(NamedTuple):
    """Of one run of a command."""

    seconds: float
    """By the clock on the wall."""
    cpu_seconds: float
    """Of the process and its children, user and system."""
    peak_bytes: int
    """Resident memory at its highest; of several processes, that of the largest."""


class CommandError(Exception):
    """A command did not do what it should; the text says what it said."""


def run(command: Sequence[str], output: Path | None = None, cores: str = "all") -> Cost:
    """Run a command in the root of the project, its standard output in a file, on `all` cores or on `one`.

    Raises:
        CommandError: its exit status is not 0, or it took too long.
    """
    with tempfile.TemporaryDirectory() as folder, open(output or os.devnull, "wb") as to:
        report = Path(folder) / "report"
        launch = [sys.executable, "-I", "-S", str(ROOT / "bench" / "launch.py"), str(report), cores, *command]
        try:
            done = subprocess.run(launch, cwd=ROOT, stdout=to, stderr=subprocess.PIPE, timeout=LONGEST, check=False)
        except subprocess.TimeoutExpired as reason:
            raise CommandError(f"{command[0]} took more than {LONGEST} s") from reason
        took = json.loads(report.read_text()) if report.exists() else {"status": done.returncode}
    if took.pop("status"):
        raise CommandError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[-500:]}")
    return Cost(**took)


class Figure(NamedTuple):
    """Of repeated runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Figure":
        """Of at least one value."""
        known = sorted(values)
        return cls(median(known), known[0], known[-1])

    def text(self, form: str = ",.0f") -> str:
        """The median, with the lowest and the highest where they differ from it in print."""
        middle, low, high = (format(value, form) for value in self)
        return middle if low == high else f"{middle} ({low}-{high})"


def ratio(mine: Iterable[float], others: Iterable[float]) -> Figure:
    """How many times the others' values mine are, round by round; rounds that one of them sat out do not count."""
    return Figure.of(one / other for one, other in zip(mine, others, strict=False))


def resident(process: int) -> float:
    """MiB of memory that a process has now."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(process: int) -> float:
    """Processor time that all threads of a process took until now, to a hundredth of a second."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()  # a name may hold spaces
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, the others to the right."""
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def busy(seconds: float = 0.3) -> float:
    """Percent of all processors that something takes, for so long; 0 where the system does not tell."""
    all_before, idle_before = _ticks()
    time.sleep(seconds)
    all_after, idle_after = _ticks()
    passed = all_after - all_before
    return 100 * (1 - (idle_after - idle_before) / passed) if passed else 0.0


def _ticks() -> tuple[int, int]:
    """Of all processors since the start of the system: in all, and idle."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0, 0
    ticks = [int(number) for number in stat.read_text().partition("\n")[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def machine() -> str:
    """What this was measured on, in a line."""
    system = os.uname()
    name, cores = system.machine, os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        models = [line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if "model name" in line]
        name = models[0] if models else name
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{cores} cores of {name}, {memory:.0f} GiB, {system.sysname} {system.release}, Python {python}"

"""Measures the cost of commands, and summarises several runs."""

import json
import os
import shutil
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
"""Captures, peers and results. They are made when needed, and can be removed safely."""
MAX_SECONDS: Final = 600.0
"""Maximum seconds of a run."""


class Cost(NamedTuple):
    """The cost of one run of a command."""

    seconds: float
    """Elapsed seconds."""
    cpu_seconds: float
    """CPU seconds of the process and its children, user and system."""
    peak_bytes: int
    """Peak resident memory; of several processes, the largest."""


class CommandError(Exception):
    """A command failed; the text includes its error output."""


def run(command: Sequence[str], output: Path | None = None, cores: str = "all") -> Cost:
    """Run a command in the project's root, with its output in a file, on `all` cores or on `one`.

    Raises:
        CommandError: its exit status is not 0, or it took too long.
    """
    with tempfile.TemporaryDirectory() as folder, open(output or os.devnull, "wb") as to:
        report = Path(folder) / "report"
        launch = [sys.executable, "-I", "-S", str(ROOT / "bench" / "launch.py"), str(report), cores, *command]
        try:
            done = subprocess.run(launch, cwd=ROOT, stdout=to, stderr=subprocess.PIPE, timeout=MAX_SECONDS, check=False)
        except subprocess.TimeoutExpired as reason:
            raise CommandError(f"{command[0]} took more than {MAX_SECONDS} s") from reason
        took = json.loads(report.read_text()) if report.exists() else {"status": done.returncode}
    if took.pop("status"):
        raise CommandError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[-500:]}")
    return Cost(**took)


def new_history(folder: Path) -> dict[str, str]:
    """Return an environment in which a monitor begins a new history in this folder.

    With an old one it would restore the counts of all runs before it.
    """
    shutil.rmtree(folder / "state", ignore_errors=True)
    folder.chmod(0o711)  # a monitor that root has started becomes another user
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    return {**kept, "STATE_DIRECTORY": str(folder / "state")}


class Figure(NamedTuple):
    """Summary of repeated runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Figure":
        """Summarise at least one value."""
        known = sorted(values)
        return cls(median(known), known[0], known[-1])

    def text(self, form: str = ",.0f") -> str:
        """Return the median, with the lowest and the highest value if they differ in print."""
        middle, low, high = (format(value, form) for value in self)
        return middle if low == high else f"{middle} ({low}-{high})"


def ratio(mine: Iterable[float], others: Iterable[float]) -> Figure:
    """Return the ratio of mine to the others' values, round by round; rounds that one of them skipped do not count."""
    return Figure.of(one / other for one, other in zip(mine, others, strict=False))


def resident(process: int) -> float:
    """Return the current memory of a process in MiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(process: int) -> float:
    """Return the processor time of all threads of a process so far, in seconds with a resolution of 10 ms."""
    # The process name may contain spaces.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, with the first column left-aligned and the others right-aligned."""
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def busy(seconds: float = 0.3) -> float:
    """Return the use of all processors during `seconds`, in percent; 0 if the system does not report it."""
    all_before, idle_before = _ticks()
    time.sleep(seconds)
    all_after, idle_after = _ticks()
    passed = all_after - all_before
    return 100 * (1 - (idle_after - idle_before) / passed) if passed else 0.0


def _ticks() -> tuple[int, int]:
    """Return the ticks of all processors since the start of the system: total and idle."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0, 0
    ticks = [int(number) for number in stat.read_text().partition("\n")[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def machine() -> str:
    """Return one line that describes the machine."""
    system = os.uname()
    name, cores = system.machine, os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        models = [line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if "model name" in line]
        name = models[0] if models else name
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{cores} cores of {name}, {memory:.0f} GiB, {system.sysname} {system.release}, Python {python}"

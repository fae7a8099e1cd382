"""Watching a web server that is under load: what the server loses by it, and what the monitor misses.

Two network namespaces, a veth pair without offloads, nginx, wrk. Each run with a monitor comes right after one without,
and the tax is the part of the throughput that is gone between the two.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.load import Load, load
from bench.measure import ROOT, CommandError, Figure, table
from bench.network import INTERFACE, Network, WebServer, network, wait

TOOLS: Final = ("ip", "nginx", "wrk")
RATE: Final = 10_000
"""Requests/s of the steady load."""
PAUSE: Final = 8
"""Milliseconds between an answer and the next request of the steady load."""
NONE: Final = "no monitor"
OURS: Final = "exercise.py"


class Monitor(NamedTuple):
    """A tool that watches."""

    name: str
    command: tuple[str, ...]
    packets: str = ""
    """Finds the packets that it counted in what it said, if it does."""
    dropped: str = ""
    """And those that it says were dropped."""
    requests: str = ""
    """And the requests; each match counts one where the expression has no group."""


MONITORS: Final = (
    Monitor(
        OURS,
        (sys.executable, "exercise.py", "-i", INTERFACE, "-p", "80", "--no-color"),
        r"Captured +([\d,]+) packets",
        r"packets, ([\d,]+) dropped",
        r"(?m)^ Requests +([\d,]+)",
    ),
    Monitor(
        "httpry",
        ("httpry", "-i", INTERFACE, "-f", "method,status-code", "-o", "{output}"),
        r"(\d+) packets received",
        r"(\d+) packets dropped",
        r"(?m)^GET",
    ),
    Monitor(
        "tcpdump -w /dev/null",
        ("tcpdump", "-i", INTERFACE, "-w", "/dev/null", "tcp port 80"),
        r"(\d+) packets captured",
        r"(\d+) packets dropped by kernel",
    ),
    Monitor(
        "Scapy sniff()",
        (sys.executable, str(ROOT / "bench" / "peers" / "scapy_sniff.py"), INTERFACE),
        requests=r"(?m)^/",
    ),
)


class Run(NamedTuple):
    """One load, with or without a monitor."""

    load: Load
    served: int
    """Requests in the server's log."""
    packets: int
    """That went over the server's interface, both ways."""
    seconds: float
    """That the monitor ran."""
    cpu_seconds: float
    """That the monitor took."""
    seen: int | None = None
    """Packets that the monitor counted."""
    dropped: int | None = None
    """Packets that it says were dropped."""
    requests: int | None = None
    """Requests that it found."""

    @property
    def lost_requests(self) -> float | None:
        """Percent of the requests served."""
        return None if self.requests is None else 100 * (1 - self.requests / self.served)

    @property
    def lost_packets(self) -> float | None:
        """Percent that the kernel dropped, as the monitor tells."""
        if self.seen is None or self.dropped is None:
            return None
        return 100 * self.dropped / max(self.seen + self.dropped, 1)


@dataclass
class Comparison:
    """Runs of one monitor, each beside the run without that came before it."""

    name: str
    load: str
    pairs: list[tuple[Run, Run]] = field(default_factory=list)
    missing: str = ""

    def tax(self) -> Figure:
        """Percent of the throughput lost."""
        return Figure.of(100 * (1 - watched.load.rate / alone.load.rate) for alone, watched in self.pairs)


class Scene(NamedTuple):
    """Where runs take place."""

    network: Network
    folder: Path

    def run(self, monitor: Monitor | None, seconds: float, connections: int = 64, pause: int = 0) -> Run:
        """One load, with a monitor or without."""
        server = WebServer(self.network.server, self.folder)
        try:
            before = self._packets(server)
            watching = Watching(monitor, self.network.server, self.folder) if monitor is not None else None
            try:
                done = load(self.network.client, self.folder, seconds, connections, pause)
            finally:
                told = watching.stop() if watching is not None else Told(0.0, 0.0)
            packets = self._packets(server) - before
        finally:
            served = server.stop()
        return Run(done, served, packets, *told)

    @staticmethod
    def _packets(server: WebServer) -> int:
        """Over the interface of the server's namespace, so far."""
        for line in Path(f"/proc/{server.process.pid}/net/dev").read_text().splitlines():
            name, _, numbers = line.partition(":")
            if name.strip() == INTERFACE:
                received, sent = numbers.split()[1], numbers.split()[9]
                return int(received) + int(sent)
        return 0


class Told(NamedTuple):
    """What a monitor took, and what it says that it saw."""

    seconds: float
    cpu_seconds: float
    seen: int | None = None
    dropped: int | None = None
    requests: int | None = None


class Watching:
    """A monitor that runs."""

    def __init__(self, monitor: Monitor, inside: Sequence[str], folder: Path) -> None:
        self._monitor = monitor
        self._output = folder / "monitor.output"
        self._told = folder / "monitor.told"
        command = [word.format(output=self._told) for word in monitor.command]
        self._told.unlink(missing_ok=True)
        with self._output.open("wb") as output:
            self.process = subprocess.Popen([*inside, *command], stdout=output, stderr=output, cwd=ROOT)
        self._start = time.monotonic()
        wait(self._listens, f"{monitor.name} to listen")
        time.sleep(0.5)

    def _listens(self) -> bool:
        """Whether its namespace has a packet socket; before `ip` has joined it, there is none to be seen."""
        if self.process.poll() is not None:
            raise CommandError(f"{self._monitor.name} ended: {self._output.read_text(errors='replace')[-300:]}")
        sockets = Path(f"/proc/{self.process.pid}/net/packet").read_text().splitlines()
        name = Path(f"/proc/{self.process.pid}/comm").read_text().strip()
        return len(sockets) > 1 and name != "ip"

    def stop(self) -> Told:
        """End it as Ctrl+C does; what it took and told."""
        time.sleep(0.5)
        self.process.send_signal(signal.SIGINT)
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        text = self._output.read_text(errors="replace")
        if self._told.exists():
            text += self._told.read_text(errors="replace")
        monitor = self._monitor
        counts = (_count(pattern, text) for pattern in (monitor.packets, monitor.dropped, monitor.requests))
        return Told(time.monotonic() - self._start, used.ru_utime + used.ru_stime, *counts)


def _count(pattern: str, text: str) -> int | None:
    if not pattern:
        return None
    found = re.findall(pattern, text)
    if not re.compile(pattern).groups:
        return len(found)
    return int(found[-1].replace(",", "")) if found else None


def measure(quick: bool, say: Callable[[str], None]) -> list[Comparison]:
    """All monitors in turns under full load, then ours and tcpdump under the steady one."""
    why = why_not()
    if why:
        return [Comparison("all", "", missing=why)]
    monitors = [monitor for monitor in MONITORS if not quick or monitor.name in (OURS, "httpry")]
    rounds, seconds, steady = (2, 2, 3) if quick else (5, 4, 10)
    full = {monitor: Comparison(monitor.name, "as fast as it goes", missing=_absent(monitor)) for monitor in monitors}
    even = {
        monitor: Comparison(monitor.name, f"about {RATE:,} requests/s")
        for monitor in monitors
        if not full[monitor].missing and (monitor.name == OURS or (not quick and monitor.name.startswith("tcpdump")))
    }
    with network() as sides, tempfile.TemporaryDirectory() as folder:
        scene = Scene(sides, Path(folder))
        for number in range(rounds):
            say(f"live: round {number + 1} of {rounds} as fast as it goes")
            for monitor in (monitor for monitor in monitors if not full[monitor].missing):
                full[monitor].pairs.append((scene.run(None, seconds), scene.run(monitor, seconds)))
        connections = _connections(scene)
        for number in range(2 if quick else 3):
            say(f"live: round {number + 1} at about {RATE:,} requests/s")
            for monitor, comparison in even.items():
                runs = (scene.run(one, steady, connections, PAUSE) for one in (None, monitor))
                comparison.pairs.append((next(runs), next(runs)))
    return [*full.values(), *even.values()]


def _connections(scene: Scene) -> int:
    """So many that the steady load comes near its rate."""
    tried = RATE * (PAUSE + 1) // 1000
    for _ in range(2):
        reached = scene.run(None, 1, tried, PAUSE).load.rate
        tried = max(1, round(tried * RATE / reached))
    return tried


def why_not() -> str:
    """Why there can be no live run here; nothing if there can."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "needs root"


def _absent(monitor: Monitor) -> str:
    return "" if shutil.which(monitor.command[0]) else "not installed"


HEADS: Final = (
    *("monitor", "load", "requests/s without", "requests/s with", "tax %", "packets/s", "packets dropped %"),
    *("requests missed %", "99 % within ms", "CPU of monitor %"),
)


def report(results: Sequence[Comparison]) -> str:
    """The table as Markdown, and who is missing."""
    missing = [f"Missing: {result.name} ({result.missing})." for result in results if result.missing]
    return "\n".join([table(HEADS, (_row(result) for result in results if result.pairs)), "", *missing])


def _row(result: Comparison) -> list[str]:
    watched = [run for _, run in result.pairs]
    return [
        result.name,
        result.load,
        Figure.of(run.load.rate for run, _ in result.pairs).text(),
        Figure.of(run.load.rate for run in watched).text(),
        result.tax().text(".1f"),
        Figure.of(run.packets / run.load.requests * run.load.rate for run in watched).text(),
        _known([run.lost_packets for run in watched]),
        _known([run.lost_requests for run in watched]),
        Figure.of(run.load.slow for run in watched).text(".1f"),
        Figure.of(100 * run.cpu_seconds / run.seconds for run in watched).text(),
    ]


def _known(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return Figure.of(known).text(".2f") if known else "-"


def facts(results: Sequence[Comparison]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [
        {
            "monitor": result.name,
            "load": result.load,
            "missing": result.missing,
            "tax_percent": result.tax()._asdict() if result.pairs else None,
            "pairs": [[{**run._asdict(), "load": run.load._asdict()} for run in pair] for pair in result.pairs],
        }
        for result in results
    ]

"""Watching a web server that is under load: what the server loses by it, and what the monitor misses.

Two network namespaces, a veth pair without offloads, nginx, wrk. Each run with a monitor comes right after one without,
and the tax is the part of the throughput that is gone between the two.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.measure import CommandError, Figure, busy, table
from bench.network import network
from bench.watching import MONITORS, OURS, Monitor, Run, Scene

TOOLS: Final = ("ip", "nginx", "wrk")
RATE: Final = 10_000
"""Requests/s of the steady load."""
PAUSE: Final = 8
"""Milliseconds between an answer and the next request of the steady load."""


@dataclass
class Comparison:
    """Runs of one monitor, each beside the run without that came before it."""

    name: str
    load: str
    pairs: list[tuple[Run, Run]] = field(default_factory=list)
    missing: str = ""
    others: list[float] = field(default_factory=list)
    """Percent of all processors that something else took just before each pair."""

    def compare(self, scene: Scene, monitor: Monitor, seconds: float, connections: int = 64, pause: int = 0) -> None:
        """One more pair, unless the monitor failed before or fails now."""
        if self.missing:
            return
        try:
            self.others.append(busy())
            alone = scene.run(None, seconds, connections, pause)
            self.pairs.append((alone, scene.run(monitor, seconds, connections, pause)))
        except CommandError as reason:
            self.missing = f"failed: {reason}"

    def tax(self) -> Figure:
        """Percent of the throughput lost."""
        return Figure.of(100 * (1 - watched.load.rate / alone.load.rate) for alone, watched in self.pairs)


def measure(quick: bool, say: Callable[[str], None]) -> list[Comparison]:
    """All monitors in turns under full load, then ours and tcpdump under the steady one."""
    why = why_not()
    if why:
        return [Comparison("all", "", missing=why)]
    monitors = [monitor for monitor in MONITORS if not quick or monitor.name == OURS]
    rounds, seconds, steady = (2, 2, 3) if quick else (3, 8, 10)
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
            for monitor, comparison in full.items():
                comparison.compare(scene, monitor, seconds)
        connections = _connections(scene)
        for number in range(1 if quick else 3):
            say(f"live: round {number + 1} at about {RATE:,} requests/s")
            for monitor, comparison in even.items():
                comparison.compare(scene, monitor, steady, connections, PAUSE)
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
    *("requests missed %", "99 % within ms", "CPU of monitor %", "CPU of others before %"),
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
        Figure.of(result.others).text(),
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
            "others_percent": result.others,
            "tax_percent": result.tax()._asdict() if result.pairs else None,
            "pairs": [[{**run._asdict(), "load": run.load._asdict()} for run in pair] for pair in result.pairs],
        }
        for result in results
    ]

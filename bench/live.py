"""Watching a web server under load: the cost for server, client and monitor, and what the monitor misses.

It uses two network namespaces, a veth pair without offloads, nginx and wrk. In each round all monitors take turns,
after one run without a monitor. With few cores, a monitor takes its time from the server, so request rates say little.
The tax is the additional processor time per request, of server, client and monitor together, over the run without a
monitor.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.measure import CommandError, Figure, busy, table
from bench.network import network
from bench.watching import HTTPRY, MONITORS, OURS, LoadRun, Testbed, WatchedTool

TOOLS: Final = {"ip": "iproute2", "nginx": "nginx-light", "wrk": "wrk"}
"""Required programs, and their Debian packages."""
FULL, CROWDED, STEADY = "as fast as it goes", "the same, one core kept busy by others", "about 10,000 requests/s"
RATE: Final = 10_000
"""Requests/s of the steady load."""
PAUSE: Final = 8
"""Milliseconds between a response and the next request of the steady load."""


class LoadKind(NamedTuple):
    """A kind of load on the server."""

    name: str
    rounds: int
    seconds: float
    monitors: Sequence[WatchedTool]
    connections: int = 64
    pause: int = 0


@dataclass
class Comparison:
    """Runs of one monitor, each paired with the run without a monitor in the same round."""

    name: str
    load: str
    pairs: list[tuple[LoadRun, LoadRun]] = field(default_factory=list)
    missing: str = ""
    others: list[float] = field(default_factory=list)
    """Percent of all processors used by other programs just before each pair."""

    def compare(self, testbed: Testbed, monitor: WatchedTool, way: LoadKind, alone: LoadRun) -> None:
        """Add a pair, unless the monitor has failed or fails now."""
        if self.missing:
            return
        try:
            self.others.append(busy())
            self.pairs.append((alone, testbed.run(monitor, way.seconds, way.connections, way.pause)))
        except CommandError as reason:
            self.missing = f"failed: {reason}"

    def tax(self) -> list[float]:
        """Return the additional processor time per request, in percent, for each round."""
        return [100 * (watched.per_request / alone.per_request - 1) for alone, watched in self.pairs]

    def watched(self) -> list[LoadRun]:
        """Return the runs with the monitor."""
        return [run for _, run in self.pairs]


def measure(quick: bool, say: Callable[[str], None]) -> list[Comparison]:
    """Measure all monitors under full load, then ours and httpry on a crowded machine and under the steady load."""
    if why := why_not():
        return [Comparison("all", "", missing=why)]
    able = [monitor for monitor in MONITORS if shutil.which(monitor.command[0])]
    both = [monitor for monitor in able if monitor.name in (OURS, HTTPRY)]
    absent = [Comparison(each.name, "", missing=_absent(each)) for each in MONITORS if each not in able]
    with network() as sides, tempfile.TemporaryDirectory() as folder:
        testbed = Testbed(sides, Path(folder))
        rounds, seconds = (1, 2) if quick else (3, 4)
        ways = [
            LoadKind(FULL, 1 if quick else 5, seconds, both if quick else able),
            LoadKind(CROWDED, rounds, seconds, both),
            *([] if quick else [LoadKind(STEADY, rounds, seconds, both, _connections(testbed), PAUSE)]),
        ]
        return [comparison for way in ways for comparison in _compared(testbed, way, say)] + absent


def _compared(testbed: Testbed, way: LoadKind, say: Callable[[str], None]) -> list[Comparison]:
    """Run all rounds of one load; the first monitor of a round is the last of the next."""
    compared = [(monitor, Comparison(monitor.name, way.name)) for monitor in way.monitors]
    with _crowd() if way.name == CROWDED else nullcontext():
        for number in range(way.rounds):
            say(f"live: round {number + 1} of {way.rounds}, {way.name}")
            alone = testbed.run(None, way.seconds, way.connections, way.pause)
            first = number % len(compared)
            for monitor, comparison in compared[first:] + compared[:first]:
                comparison.compare(testbed, monitor, way, alone)
    return [comparison for _, comparison in compared]


@contextmanager
def _crowd() -> Iterator[None]:
    """Keep one core busy."""
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", "while True: pass"])
    try:
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        yield
    finally:
        process.kill()
        process.wait()


def _connections(testbed: Testbed) -> int:
    """Return the number of connections that brings the steady load close to its rate."""
    tried = RATE * (PAUSE + 1) // 1000
    for _ in range(2):
        reached = testbed.run(None, 1, tried, PAUSE).load.rate
        tried = max(1, round(tried * RATE / reached))
    return tried


def why_not() -> str:
    """Return why a live run is impossible here; empty if it is possible."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing:
        return f"not installed; Debian has it in {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "needs root"


def _absent(monitor: WatchedTool) -> str:
    return f"not installed; Debian has it in the package {monitor.command[0]}"


HEADS: Final = (
    *("monitor", "load", "own CPU us a packet", "tax: extra CPU a request %", "packets dropped %", "requests missed %"),
    *("packets dropped, of all", "requests missed, of all", "requests/s without", "requests/s with", "99 % within ms"),
    "CPU of others before %",
)


def report(results: Sequence[Comparison]) -> str:
    """Return the Markdown table, and the monitors that are missing."""
    missing = [f"Missing: {result.name} ({result.missing})." for result in results if result.missing]
    return "\n".join([table(HEADS, (_row(result) for result in results if result.pairs)), "", *missing])


def _row(result: Comparison) -> list[str]:
    watched = result.watched()
    return [
        result.name,
        result.load,
        Figure.of(run.per_packet for run in watched).text(".2f"),
        Figure.of(result.tax()).text(".1f"),
        _known([run.lost_packets for run in watched]),
        _known([run.lost_requests for run in watched]),
        of_all([(run.dropped, run.packets) for run in watched]),
        of_all([(run.missed, run.served) for run in watched]),
        Figure.of(run.load.rate for run, _ in result.pairs).text(),
        Figure.of(run.load.rate for run in watched).text(),
        Figure.of(run.load.slow for run in watched).text(".1f"),
        Figure.of(result.others).text(),
    ]


def _known(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return Figure.of(known).text(".2f") if known else "-"


def of_all(parts: Sequence[tuple[int | None, int]]) -> str:
    """Return how many of how many; parts that are not known do not count."""
    known = [(part, whole) for part, whole in parts if part is not None]
    return f"{sum(part for part, _ in known):,} of {sum(whole for _, whole in known):,}" if known else "-"


def facts(results: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Return the results as JSON-compatible values."""
    return [
        {
            "monitor": result.name,
            "load": result.load,
            "missing": result.missing,
            "others_percent": result.others,
            "tax_percent": result.tax(),
            "per_packet": [run.per_packet for run in result.watched()],
            "dropped": [run.dropped for run in result.watched()],
            "missed": [run.missed for run in result.watched()],
            "pairs": [[{**run._asdict(), "load": run.load._asdict()} for run in pair] for pair in result.pairs],
        }
        for result in results
    ]

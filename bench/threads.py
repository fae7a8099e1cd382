"""Several threads read a file of many connections: how much sooner they are done than one.

Elapsed time counts here, so the processors must be free. Start-up, measured with a capture of 100 packets, is
subtracted. Ratios compare runs of the same round.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from bench.measure import CACHE, Cost, Figure, ratio, run, table
from bench.offline import STARTING, capture_of

PACKETS: Final = 1_000_000
QUICK: Final = 200_000
MOST: Final = 4
"""Most threads that are tried; the thread that counts limits what more bring."""


class Result(NamedTuple):
    """The runs with a number of threads."""

    starting: list[Cost]
    whole: list[Cost]
    """Of the whole program."""
    decoding: list[float]
    """Seconds to decode, without counting."""

    def seconds(self) -> list[float]:
        """Return the seconds of the whole program without those to start."""
        start = Figure.of(cost.seconds for cost in self.starting).median
        return [max(cost.seconds - start, 1e-3) for cost in self.whole]


def measure(quick: bool, say: Callable[[str], None]) -> dict[int, Result]:
    """Read the same file with one thread, two and more, in turns."""
    small, capture = str(capture_of(STARTING)), str(capture_of(QUICK if quick else PACKETS))
    results = {threads: Result([], [], []) for threads in range(1, max(2, min(os.cpu_count() or 1, MOST)) + 1)}
    for number in range(rounds := 3 if quick else 9):
        say(f"threads: round {number + 1} of {rounds}")
        for threads, result in results.items():
            result.starting.append(run(_command(small, threads)))
            result.whole.append(run(_command(capture, threads)))
            result.decoding.append(_decoding(capture, threads))
    return results


def _command(capture: str, threads: int) -> list[str]:
    return [sys.executable, "exercise.py", "-r", capture, "-q", "--set", f"capture_threads={threads}"]


def _decoding(capture: str, threads: int) -> float:
    output = CACHE / "figures.txt"
    run([sys.executable, "-m", "bench.peers.decoder_threads", capture, str(threads)], output)
    return float(output.read_text())


HEADS: Final = (
    *("capture_threads", "whole program, s", "x one thread", "CPU s", "peak memory MB"),
    *("decoding alone, s", "x one thread"),
)


def report(results: dict[int, Result]) -> str:
    """Return the Markdown table."""
    return table(HEADS, (_row(threads, result, results[1]) for threads, result in results.items()))


def _row(threads: int, result: Result, one: Result) -> list[str]:
    start = Figure.of(cost.cpu_seconds for cost in result.starting).median
    return [
        str(threads),
        Figure.of(result.seconds()).text(".2f"),
        ratio(one.seconds(), result.seconds()).text(".2f"),
        Figure.of(cost.cpu_seconds - start for cost in result.whole).text(".2f"),
        Figure.of(cost.peak_bytes / 1e6 for cost in result.whole).text(),
        Figure.of(result.decoding).text(".2f"),
        ratio(one.decoding, result.decoding).text(".2f"),
    ]


def facts(results: dict[int, Result]) -> dict[str, Any]:
    """Return the results as JSON-compatible values, by the number of threads."""
    return {
        str(threads): {"seconds": result.seconds(), "decoding": result.decoding} for threads, result in results.items()
    }

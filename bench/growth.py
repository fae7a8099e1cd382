"""How cost grows with the packets of a file, the number of open connections, and the number of distinct keys.

It also draws the curves into `.bench/growth.svg`.
"""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from bench.measure import CACHE, Figure, run, table
from bench.offline import capture_of
from bench.picture import ChartLine, CostChart, picture

PICTURE: Final = CACHE / "growth.svg"
CONNECTIONS: Final = (1, 1_000, 4_000, 16_000, 64_000)
KEYS: Final = (10, 100, 1_000, 10_000, 100_000)
PACKETS: Final = (50_000, 100_000, 200_000, 500_000)


class Point(NamedTuple):
    """The cost at one size."""

    number: int
    time: Figure
    """Seconds for a file, otherwise microseconds for a packet or a record."""
    memory: Figure
    """Memory in MB."""


class CostCurve(NamedTuple):
    """A measured curve."""

    title: str
    of: str
    time: str
    points: list[Point]


def measure(quick: bool, say: Callable[[str], None]) -> list[CostCurve]:
    """Return the three curves; `quick` leaves out the largest sizes."""
    rounds, leave = (1, -2) if quick else (3, None)
    kinds = (
        ("Reading a file", "packets", "CPU s", PACKETS, _file),
        ("Decoding beside open connections", "open connections", "µs a packet", CONNECTIONS, _peer("connections")),
        ("Counting distinct keys", "distinct keys", "µs a record", KEYS, _peer("keys")),
    )
    curves = []
    for title, of, time, numbers, once in kinds:
        say(f"growth: {of}")
        points = [_point(number, [once(number) for _ in range(rounds)]) for number in numbers[:leave]]
        curves.append(CostCurve(title, of, time, points))
    return curves


def _point(number: int, measured: Sequence[tuple[float, float]]) -> Point:
    times, memories = zip(*measured, strict=True)
    return Point(number, Figure.of(times), Figure.of(memories))


def _file(packets: int) -> tuple[float, float]:
    """Return CPU seconds and MB of the whole monitor."""
    cost = run([sys.executable, "exercise.py", "-r", str(capture_of(packets)), "-q"])
    return cost.cpu_seconds, cost.peak_bytes / 1e6


def _peer(kind: str) -> Callable[[int], tuple[float, float]]:
    def once(number: int) -> tuple[float, float]:
        output = CACHE / "figures.json"
        run([sys.executable, "-m", "bench.peers.growth", kind, str(number), str(capture_of(PACKETS[0]))], output)
        microseconds, megabytes = json.loads(output.read_text())
        return float(microseconds), float(megabytes)

    return once


def report(curves: Sequence[CostCurve]) -> str:
    """Write the picture, and return the Markdown tables."""
    charts = [
        CostChart(
            curve.title,
            curve.of,
            [point.number for point in curve.points],
            [
                ChartLine(curve.time, [point.time.median for point in curve.points]),
                ChartLine("memory, MB", [point.memory.median for point in curve.points]),
            ],
        )
        for curve in curves
    ]
    PICTURE.write_text(picture(charts))
    return "\n\n".join([f"![how cost grows]({PICTURE.name})", *map(_table, curves)])


def _table(curve: CostCurve) -> str:
    rows = ([f"{point.number:,}", point.time.text(".2f"), point.memory.text(",.1f")] for point in curve.points)
    return table((curve.of, curve.time, "memory, MB"), rows)


def facts(curves: Sequence[CostCurve]) -> list[dict[str, Any]]:
    """Return the results as JSON-compatible values."""
    return [
        {
            "of": curve.of,
            "time_in": curve.time,
            "points": [
                {"number": point.number, "time": point.time._asdict(), "megabytes": point.memory._asdict()}
                for point in curve.points
            ],
        }
        for curve in curves
    ]

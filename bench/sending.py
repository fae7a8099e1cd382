"""What a sensor of a fleet spends on recording and sending: CPU of one core, and memory, while a store takes it all.

A separate process measures, `python -m bench.peers.sensor_alone`, and prints its figures. Packet time is simulated.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, Final

from bench.measure import CACHE, Figure, run, table

ROWS: Final = (200, 4000)
"""Rows of a bucket: a small site, and one with full lists in every statistic."""
BUCKETS, FEW = 360, 90
"""An hour, and a quarter of an hour."""
ROUNDS: Final = 3
CPU, MEMORY, BYTES = "cpu_percent", "memory_mib", "bytes_of_bucket"
WORDS: Final = {
    CPU: ("CPU of one core, %", ",.2f"),
    MEMORY: ("added memory, MiB", ",.1f"),
    BYTES: ("sent for each bucket, bytes", ",.0f"),
}

Values = dict[str, dict[str, list[float]]]


def measure(quick: bool, say: Callable[[str], None]) -> Values:
    """Return the values of each figure, by rows of a bucket."""
    values: Values = {}
    output = CACHE / "figures.json"
    for rows in ROWS:
        for number in range(1 if quick else ROUNDS):
            say(f"sending: {rows} rows each 10 s, round {number + 1}")
            run([sys.executable, "-m", "bench.peers.sensor_alone", str(rows), str(FEW if quick else BUCKETS)], output)
            for name, value in json.loads(output.read_text()).items():
                values.setdefault(str(rows), {}).setdefault(name, []).append(value)
    return values


def report(values: Values) -> str:
    """Return the Markdown table."""
    rows = (
        [f"{int(known):,}", *(Figure.of(figures[name]).text(form) for name, (_, form) in WORDS.items())]
        for known, figures in values.items()
    )
    return table(("rows each 10 s", *(words for words, _ in WORDS.values())), rows)


def facts(values: Values) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {
        f"{rows} {name}": Figure.of(known)._asdict()
        for rows, figures in values.items()
        for name, known in figures.items()
    }

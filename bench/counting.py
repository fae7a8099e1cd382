"""Counting and judging: the cost of all default statistics and signals per transaction.

A separate process measures, `python -m bench.peers.counting`, and prints its figures.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, Final

from bench.measure import CACHE, Figure, run, table
from bench.offline import capture_of
from capture.intake import COLUMN

FILE: Final = f"in batches of {COLUMN:,} records, as from a file"
BATCHES: Final = {FILE: COLUMN, "in batches of 2,000, as from a busy interface": 2_000}


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Figure]:
    """Return the processor time per transaction in microseconds, by batch size."""
    capture, output = capture_of(50_000 if quick else 200_000), CACHE / "figures.json"
    values: dict[str, Figure] = {}
    for name, rows in BATCHES.items():
        say(f"counting {name}")
        run([sys.executable, "-m", "bench.peers.counting", str(capture), str(rows)], output)
        values[name] = Figure.of(json.loads(output.read_text()))
    return values


def report(values: dict[str, Figure]) -> str:
    """Return the Markdown table."""
    rows = ([name, figure.text(".2f")] for name, figure in values.items())
    return table(("counting and judging", "CPU us a transaction"), rows)


def facts(values: dict[str, Figure]) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {name: figure._asdict() for name, figure in values.items()}

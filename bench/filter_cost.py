"""Filters: the cost of testing one exchange, and of scanning all recent exchanges when a filter is set.

A separate process measures, `python -m bench.peers.filter_replay`, and prints its figures.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, Final

from bench.measure import CACHE, Figure, run, table
from bench.offline import capture_of

PACKETS: Final = 50_000
"""Packets of the capture whose exchanges are scanned, repeatedly until there are enough."""


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, list[float]]:
    """Return the values of each figure."""
    values: dict[str, list[float]] = {}
    output = CACHE / "figures.json"
    rounds = 1 if quick else 3
    for number in range(rounds):
        say(f"filters: round {number + 1} of {rounds}")
        run([sys.executable, "-m", "bench.peers.filter_replay", str(capture_of(PACKETS))], output)
        for name, figure in json.loads(output.read_text()).items():
            values.setdefault(name, []).append(figure)
    return values


def report(values: dict[str, list[float]]) -> str:
    """Return the Markdown table."""
    rows = ([name, Figure.of(known).text(",.2f" if "us" in name else ",.1f")] for name, known in values.items())
    return table(("filter", "value"), rows)


def facts(values: dict[str, list[float]]) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {name: Figure.of(known)._asdict() for name, known in values.items()}

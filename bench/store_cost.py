"""A store at its limits: memory, refresh time of the dashboard, and the time to close the last bucket.

A separate process measures, `python -m bench.peers.store_full`, and prints its figures.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from bench.measure import CACHE, Figure, run, table


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, list[float]]:
    """Return the values of each figure."""
    values: dict[str, list[float]] = {}
    output = CACHE / "figures.json"
    for number in range(1 if quick else 2):
        say(f"store: a day at the caps, round {number + 1}")
        run([sys.executable, "-m", "bench.peers.store_full", *(["1000"] if quick else [])], output)
        for name, figures in json.loads(output.read_text()).items():
            values.setdefault(name, []).extend(figures)
    return values


def report(values: dict[str, list[float]]) -> str:
    """Return the Markdown table."""
    forms = {name: ",.1f" if name.endswith("ms") else ",.0f" for name in values}
    return table(("store", "value"), ([name, Figure.of(known).text(forms[name])] for name, known in values.items()))


def facts(values: dict[str, list[float]]) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {name: Figure.of(known)._asdict() for name, known in values.items()}

"""The store at the caps: its memory, the dashboard's refresh, and how long the last bucket takes to close.

The measurement is a process of its own, `python -m bench.peers.store_full`, which prints its figures.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from bench.measure import CACHE, Figure, run, table


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, list[float]]:
    """Values of each figure."""
    values: dict[str, list[float]] = {}
    output = CACHE / "figures.json"
    for number in range(1 if quick else 2):
        say(f"store: a day at the caps, round {number + 1}")
        run([sys.executable, "-m", "bench.peers.store_full", *(["1000"] if quick else [])], output)
        for name, figures in json.loads(output.read_text()).items():
            values.setdefault(name, []).extend(figures)
    return values


def report(values: dict[str, list[float]]) -> str:
    """The table as Markdown."""
    forms = {name: ",.1f" if name.endswith("ms") else ",.0f" for name in values}
    return table(("store", "value"), ([name, Figure.of(known).text(forms[name])] for name, known in values.items()))


def facts(values: dict[str, list[float]]) -> dict[str, Any]:
    """The same for machines."""
    return {name: Figure.of(known)._asdict() for name, known in values.items()}

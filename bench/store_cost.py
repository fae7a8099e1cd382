"""The store: records/s into it with all default statistics; its memory, and the dashboard's refresh, at the caps.

Each measurement is a process of its own, `python -m bench.peers.store_full` and `store_add`, which prints its figures.
"""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from bench.measure import CACHE, Figure, run, table
from bench.offline import capture_of

ADDED: Final = 50_000
"""Packets whose records are added."""


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, list[float]]:
    """Values of each figure."""
    values: dict[str, list[float]] = {}
    for number in range(3):
        say(f"store: adding, round {number + 1} of 3")
        _collect(values, ["bench.peers.store_add", str(capture_of(ADDED))])
    for number in range(1 if quick else 2):
        say(f"store: a day at the caps, round {number + 1}")
        _collect(values, ["bench.peers.store_full", *(["1000"] if quick else [])])
    return values


def _collect(values: dict[str, list[float]], arguments: Sequence[str]) -> None:
    output = CACHE / "figures.json"
    run([sys.executable, "-m", *arguments], output)
    for name, figures in json.loads(output.read_text()).items():
        values.setdefault(name, []).extend(figures)


def report(values: dict[str, list[float]]) -> str:
    """The table as Markdown."""
    forms = {name: ",.1f" if name.endswith("ms") else ",.0f" for name in values}
    return table(("store", "value"), ([name, Figure.of(known).text(forms[name])] for name, known in values.items()))


def facts(values: dict[str, list[float]]) -> dict[str, Any]:
    """The same for machines."""
    return {name: Figure.of(known)._asdict() for name, known in values.items()}

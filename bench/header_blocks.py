"""HTTP/2 header blocks: how many the core decodes on one core, by a program of its own, without frames and streams.

cargo builds the program, `core/wire/examples/header_blocks.rs`.
"""

import shutil
import subprocess
from collections.abc import Callable
from typing import Any, Final

from bench.measure import CACHE, ROOT, Figure, run, table

REPEATED: Final = "the same request again and again, as h2load sends it"
DISTINCT: Final = "each with a path and a request id of its own, in Huffman code"
KINDS: Final = {REPEATED: ("repeated", 50_000_000), DISTINCT: ("distinct", 5_000_000)}
"""What the blocks are, with the program's name for it, and how many are decoded."""
TARGET: Final = CACHE / "target"


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Figure]:
    """Return the blocks per second of processor time, by kind; nothing without cargo."""
    if shutil.which("cargo") is None:
        return {}
    say("header blocks: building")
    build = ["cargo", "build", "--quiet", "--release", "--example", "header_blocks", "--target-dir", str(TARGET)]
    subprocess.run(build, cwd=ROOT / "core" / "wire", check=True)
    program = str(TARGET / "release" / "examples" / "header_blocks")
    rates: dict[str, Figure] = {}
    for name, (kind, count) in KINDS.items():
        say(f"header blocks: {name}")
        costs = [run([program, kind, str(count)], cores="one") for _ in range(1 if quick else 5)]
        rates[name] = Figure.of(count / cost.cpu_seconds for cost in costs)
    return rates


def report(rates: dict[str, Figure]) -> str:
    """Return the Markdown table."""
    if not rates:
        return "Not measured: cargo is missing."
    return table(("header blocks", "blocks/s of a core"), ([name, rate.text()] for name, rate in rates.items()))


def facts(rates: dict[str, Figure]) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {name: rate._asdict() for name, rate in rates.items()}

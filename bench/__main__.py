"""`python -m bench [--quick] [PART...]`: measures, prints tables in Markdown, keeps the numbers in `.bench/`.

Parts: offline, live, store_cost, filter_cost, start, growth; all of them without a name.
"""

import argparse
import importlib
import json
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from bench.measure import CACHE, busy, machine

PARTS: Final = ("offline", "live", "store_cost", "filter_cost", "start", "growth")
"""Modules of this folder. Each has `measure(quick, say)`, and `report` and `facts` of what that returns."""

QUIET: Final = 10.0
"""Percent of the processors that other programs may take."""


def say(text: str) -> None:
    """Progress, apart from the tables."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="What the monitor costs, beside other tools.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="about a minute: shorter runs, the slowest tools and growth left out"
    )
    given = parser.parse_args(argv)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    CACHE.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # on the way out, namespaces and servers are removed
    facts: dict[str, Any] = {"machine": machine(), "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "quick": given.quick}
    print(f"Measured on {facts['machine']}. Medians, with the lowest and the highest run in brackets.", flush=True)
    for name in given.parts or (PARTS[:-1] if given.quick else PARTS):
        others = busy(1)
        part = importlib.import_module(f"bench.{name}")
        results = part.measure(given.quick, say)
        print(f"\n{part.report(results)}\n")
        if others > QUIET:
            print(
                f"Others took {others:.0f} % of the processors just before: these are not the figures of this machine."
            )
        sys.stdout.flush()
        facts[name] = part.facts(results)
        (CACHE / "results.json").write_text(json.dumps(facts, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

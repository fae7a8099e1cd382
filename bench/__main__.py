"""`python -m bench [--quick] [--into FILE] [PART...]` measures, prints Markdown tables, and saves figures in `.bench/`.

Without PART, all parts but the fleet are measured, and the results are compared with the targets.
"""

import argparse
import importlib
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copy
from typing import Any, Final

from bench import targets
from bench.document import placed
from bench.growth import PICTURE
from bench.measure import CACHE, busy, machine
from capture.core import decoder_name

PARTS: Final = {
    "offline": "Reading a file",
    "threads": "Reading a file with several threads",
    "http2": "Reading HTTP/2",
    "dns": "Reading DNS from a file",
    "header_blocks": "HTTP/2 header blocks",
    "handshakes": "TLS handshakes",
    "decryption": "HTTP over TLS",
    "counting": "Counting",
    "otlp": "Metrics for OpenTelemetry",
    "waf": "Rules of a web application firewall",
    "prefilter": "Exchanges that no rule can match",
    "labels": "Learning from labels",
    "inspection": "Inspection of content",
    "unseen": "Unseen attacks",
    "verdicts": "Answers to fronts",
    "proxy": "The inline proxy",
    "live": "Watching a server",
    "https": "Watching a server with TLS",
    "start": "Start, and memory",
    "store_cost": "The store at its caps",
    "filter_cost": "Filters",
    "sending": "Sending to a fleet",
    "growth": "How cost grows",
    "weeks": "Weeks of ordinary traffic, and incidents",
    "fleet": "A fleet",
}
"""Modules of this folder. Each has `measure(quick, say)`, and `report` and `facts` for its result."""

SLOW: Final = ("filter_cost", "growth")
"""Parts that `--quick` leaves out."""
NAMED: Final = ("fleet", "labels", "unseen", "weeks")
"""Parts that run only if they are named: two take an hour or more, the others say how well a detector does."""

QUIET: Final = 10.0
"""Percent of the processors that other programs may use without a remark."""


def say(text: str) -> None:
    """Print progress to standard error, apart from the tables."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the requested parts."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="What the monitor costs, beside other tools.")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all but {', '.join(NAMED)})"
    )
    parser.add_argument("--into", metavar="FILE", type=Path, help="write the tables into this document too")
    parser.add_argument(
        "--quick", action="store_true", help="three minutes: shorter runs; the slowest tools and parts are left out"
    )
    parser.add_argument(
        "--lines", metavar="N", type=int, default=0, help="with weeks: print N of the alerts' lines too"
    )
    given = parser.parse_args(argv)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; available: {', '.join(PARTS)}")
    CACHE.mkdir(exist_ok=True)
    # Exit normally, so that namespaces and servers are removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    texts = []
    left_out = (*NAMED, *(SLOW if given.quick else ()))
    names = given.parts or [name for name in PARTS if name not in left_out]
    for text in measured(names, given.quick, given.lines):
        print(f"{text}\n", flush=True)
        texts.append(text)
    if given.into is not None:
        machine_line, *parts, aims = texts
        given.into.write_text(placed(given.into.read_text(), "\n\n".join((machine_line, aims, *parts))))
        if "growth" in names:
            copy(PICTURE, given.into.parent)
    return 0


def measured(names: Sequence[str], quick: bool, lines: int = 0) -> Iterator[str]:
    """Iterate over pieces of text as they are ready: the machine, each part, and finally all targets."""
    day = time.strftime("%Y-%m-%d")
    facts: dict[str, Any] = {"machine": machine(), "decoder": decoder_name(), "time": day, "quick": quick}
    yield (
        f"Measured on {day} on {facts['machine']}; decoder: {facts['decoder']}. "
        "Medians, with the lowest and the highest run in brackets."
    )
    for name in names:
        others = busy(1)
        part = importlib.import_module(f"bench.{name}")
        results = part.measure(quick, say)
        yield f"## {PARTS[name]}\n\n{part.report(results).strip()}"
        if lines and name == "weeks":
            yield part.lines(results, lines)
        if others > QUIET:
            yield f"Others took {others:.0f} % of the processors just before: the machine can do better than this."
        facts[name] = part.facts(results)
        (CACHE / "results.json").write_text(json.dumps(facts, indent=1) + "\n")
    yield f"## Targets\n\n{targets.report(facts)}"


if __name__ == "__main__":
    sys.exit(main())

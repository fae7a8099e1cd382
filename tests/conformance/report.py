"""Reports how this program does on the corpus: `python tests/conformance/report.py [--all] [PART OF A NAME ...]`.

Prints each capture that differs (with `--all`, each capture) with its expected, matched, missing, extra and wrong
transactions, and the totals.
"""

import sys
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from conformance_comparison import Comparison, compare
from conformance_corpus import FOLDER, VARIABLE, Capture, captures, present
from conformance_exceptions import TRANSACTIONS
from conformance_replay import replay


def main(arguments: list[str]) -> int:
    if not present():
        print(f"no corpus at {FOLDER}; set {VARIABLE}", file=sys.stderr)
        return 1
    parts = [argument for argument in arguments if argument != "--all"]
    totals: Counter[str] = Counter()
    for capture in captures():
        if not parts or any(part in capture.name for part in parts):
            result = compare(capture.expected(), replay(capture))
            if result.differences or "--all" in arguments:
                print(described(capture, result))
            add(totals, capture, result)
    for name, number in totals.items():
        print(f"{name:30} {number:6,}")
    return 0 if not totals["captures with other differences"] else 1


def add(totals: Counter[str], capture: Capture, result: Comparison) -> None:
    excepted = capture.name in TRANSACTIONS
    totals["captures"] += 1
    totals["captures with HTTP"] += bool(result.expected)
    totals["captures excepted"] += excepted
    totals["captures with other differences"] += bool(result.differences) and not excepted
    totals["transactions expected"] += result.expected
    totals["transactions matched"] += result.matched
    totals["missing"] += len(result.missing)
    totals["extra"] += len(result.extra)
    totals["wrong"] += len(result.wrong)
    totals["optional ones found"] += result.optional


def described(capture: Capture, result: Comparison) -> str:
    numbers = f"missing {len(result.missing)}, extra {len(result.extra)}, wrong {len(result.wrong)}"
    lines = [f"{capture.name}: expected {result.expected}, matched {result.matched}, {numbers}"]
    if capture.name in TRANSACTIONS:
        lines.append(f"    exception: {TRANSACTIONS[capture.name].reason}")
    return "\n".join([*lines, *(f"    {difference}" for difference in result.differences)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

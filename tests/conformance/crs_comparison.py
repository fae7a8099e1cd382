"""Compares what the library says of the regression tests of the Core Rule Set with what the inspector says of packets.

`python tests/conformance/crs_comparison.py` runs all of them, and prints what differs and how many rules were found.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[number]) for number in (1, 2)]
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "traffic"))

from crs_cases import FOLDER, SETUP, VARIABLE, Case, cases, present
from crs_direct import Direct
from decoders import core_decoder, fed
from wire import Talk

from detection.inspector import Inspected
from detection.inspectors.waf import Waf
from detection.waf.findings import LIMIT_RULE
from traffic.content import Content

LONGEST = 2**20
"""Bytes of a body without its content codings."""
SCORES = range(949_000, 950_000), range(959_000, 960_000), range(980_000, 981_000)
"""Rules that add up scores, which are no findings."""


@dataclass
class Comparison:
    """The results of some cases."""

    cases: int = 0
    different: list[str] = field(default_factory=list)
    """Cases with what was lost on the wire and what was found there only."""
    off_the_wire: dict[str, str] = field(default_factory=dict)
    """Cases that are no single exchange for a decoder, with the reason."""
    found: Counter[str] = field(default_factory=Counter)
    """Expected rules and those that must not match: how many there are, and how many did, by each way."""


def compared(paths: tuple[str, ...], some: Iterable[Case]) -> Comparison:
    """Ask the library and the inspector about each case."""
    direct, waf, packets, result = Direct(paths), Waf(paths), Packets(), Comparison()
    for case in some:
        result.cases += 1
        plain = direct.matched(case)
        content, reason = packets.exchange(case)
        if content is None:
            result.off_the_wire[case.name] = reason
            continue
        ours = frozenset(int(each.rule) for each in waf.inspect(Inspected(content, LONGEST)) if each.rule != LIMIT_RULE)
        plain = frozenset(rule for rule in plain if not any(rule in numbers for numbers in SCORES))
        if ours != plain:
            result.different.append(f"{case.name}: lost {sorted(plain - ours)}, more {sorted(ours - plain)}")
        _count(result.found, case, plain, ours)
    return result


def _count(found: Counter[str], case: Case, plain: frozenset[int], ours: frozenset[int]) -> None:
    expected = frozenset(rule for rule in case.expected if not any(rule in numbers for numbers in SCORES))
    for name, wanted in (("expected", expected), ("forbidden", case.forbidden)):
        found[name] += len(wanted)
        found[f"{name}, found directly"] += len(wanted & plain)
        found[f"{name}, found on the wire"] += len(wanted & ours)


class Packets:
    """The core, which reads the packets of one case after the other."""

    def __init__(self) -> None:
        self._decoder = core_decoder(wanted=[Content])
        self._ports = count(1024)

    def exchange(self, case: Case) -> tuple[Content | None, str]:
        """Return the exchange of a case, or why it is none."""
        talk = Talk(addresses=("192.0.2.1", "192.0.2.2"), client_port=next(self._ports))
        frames = talk.client(case.request).server(case.response).close().frames
        contents = [each for each in fed(self._decoder, frames) if isinstance(each, Content)]
        requests = [each for each in contents if each.request_head and each.client_port == talk.client_port]
        if len(requests) == 1:
            return requests[0], ""
        return None, "several requests" if requests else "not a request line"


def rules(folder: Path) -> tuple[str, ...]:
    """Return the rules, with the settings that the tests need."""
    setup = folder / "setup.conf"
    setup.write_text(SETUP)
    return str(setup), str(FOLDER)


def main() -> int:
    if not present():
        print(f"no rules at {FOLDER}; set {VARIABLE}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        result = compared(rules(Path(folder)), cases())
    print(*result.different, sep="\n")
    print(f"{result.cases:6,} cases, {len(result.different)} differ")
    for reason, number in Counter(result.off_the_wire.values()).items():
        print(f"{number:6,} off the wire: {reason}")
    for name, number in result.found.items():
        print(f"{number:6,} rules {name}")
    return 1 if result.different else 0


if __name__ == "__main__":
    sys.exit(main())

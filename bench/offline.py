"""Reading a capture file: the monitor compared with other tools on the same packets, in turns, on one core.

Slow tools read a shorter capture from the same generator, in fewer rounds. Rates are in packets per second of processor
time, user and system, of all threads. The time to start (measured with a capture of 100 packets) is subtracted, because
it would weigh more in a short capture than in a long one. Ratios compare runs of the same round.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from bench.found import Found, found_by
from bench.make_capture import make_capture, truth_of
from bench.measure import CACHE, ROOT, CommandError, Cost, Figure, ratio, run, table
from bench.readers import FAST, HTTPRY, SCAPY, SLOW, SURICATA, TSHARK, Peer, install, peers

STARTING: Final = 100
GENERATOR: Final = ("make_capture.py", "conversation.py", "visits.py")
"""Files that determine the contents of a capture."""


@dataclass
class Result:
    """The cost of each run of a peer, and what it found."""

    peer: Peer
    capture: Path
    missing: str = ""
    """Why it could not run."""
    starting: list[Cost] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    packets: int = 0
    found: Found | None = None

    def rates(self) -> list[float]:
        """Return the packets per second of one core, for each run."""
        start = Figure.of(cost.cpu_seconds for cost in self.starting).median
        return [self.packets / max(cost.cpu_seconds - start, 1e-3) for cost in self.costs]


def measure(quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Let all peers read, one after the other in each round."""
    results = [_prepared(peer, say) for peer in peers(quick)]
    start = capture_of(STARTING)
    rounds = SLOW if quick else FAST
    for number in range(rounds):
        say(f"offline: round {number + 1} of {rounds}")
        for result in _able(results):
            if number < result.peer.rounds:
                _attempt(result, lambda result: result.starting.append(_read(result.peer, start)))
                _attempt(result, lambda result: result.costs.append(_read(result.peer, result.capture)))
    for result in _able(results):
        if not result.peer.silent:
            say(f"offline: what {result.peer.name} found")
            _attempt(result, _check)
    return results


def _read(peer: Peer, capture: Path) -> Cost:
    return run(peer.command(str(capture)), cores="one")


def _able(results: Sequence[Result]) -> Iterator[Result]:
    return (result for result in results if not result.missing)


def _attempt(result: Result, action: Callable[[Result], Any]) -> None:
    try:
        action(result)
    except CommandError as reason:
        result.missing = f"does not run here: {str(reason).strip().splitlines()[-1][:100]}"


def _check(result: Result) -> None:
    output = CACHE / "found.tsv"
    command = result.peer.tells or result.peer.command
    run(command(str(result.capture)), output)
    result.found = found_by(output, truth_of(result.capture))


def capture_of(packets: int) -> Path:
    """Return a capture of at least so many packets; make it if it is missing."""
    generator = b"".join((ROOT / "bench" / name).read_bytes() for name in GENERATOR)
    path = CACHE / f"{packets}-{crc32(generator):08x}.pcap"
    if not path.exists():
        make_capture(path, packets)
    return path


def _prepared(peer: Peer, say: Callable[[str], None]) -> Result:
    say(f"offline: preparing {peer.name}")
    result = Result(peer, capture_of(peer.packets))
    result.packets = _packets(result.capture)
    if peer.needs and shutil.which(peer.needs) is None:
        result.missing = f"not installed; Debian has it in the package {peer.debian or peer.needs}"
    elif peer.packages:
        result.missing = install(peer.packages)
    return result


def _packets(capture: Path) -> int:
    """Return the number of packets in a capture file of ours."""
    lengths, position, packets = capture.read_bytes(), 24, 0
    while position < len(lengths):
        position += 16 + int.from_bytes(lengths[position + 8 : position + 12], "little")
        packets += 1
    return packets


HEADS: Final = (
    *("tool", "packets read", "packets/s of a core", "requests/s of a core", "CPU s", "to start, CPU s", "wall s"),
    *("peak memory MB", "requests found", "transactions found", "found wrongly"),
)
OTHERS: Final = (HTTPRY, SURICATA, TSHARK, SCAPY)
"""Tools that the others are compared with."""


def report(results: Sequence[Result]) -> str:
    """Return both Markdown tables, and the tools that are missing."""
    able = [result for result in results if not result.missing]
    missing = [f"Missing: {result.peer.name} ({result.missing})." for result in results if result.missing]
    ratios = table(("packets/s of a core", *(f"x {name}" for name in OTHERS)), _ratios(able))
    return "\n".join([table(HEADS, map(_row, able)), "", ratios, "", *missing])


def _row(result: Result) -> list[str]:
    costs, found = result.costs, result.found
    rate = Figure.of(result.rates())
    return [
        result.peer.name,
        f"{result.packets:,}",
        rate.text(),
        f"{rate.median * found.requests / result.packets:,.0f}" if found else "-",
        Figure.of(cost.cpu_seconds for cost in costs).text(".2f"),
        Figure.of(cost.cpu_seconds for cost in result.starting).text(".2f"),
        Figure.of(cost.seconds for cost in costs).text(".2f"),
        Figure.of(cost.peak_bytes / 1e6 for cost in costs).text(),
        *(found.texts() if found else ("-", "-", "-")),
    ]


def _ratios(results: Sequence[Result]) -> Iterator[list[str]]:
    rates = {result.peer.name: result.rates() for result in results}
    for name, mine in rates.items():
        yield [name, *(ratio(mine, rates[other]).text(",.2f") if other in rates else "-" for other in OTHERS)]


def facts(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the results as JSON-compatible values."""
    return [
        {
            "peer": result.peer.name,
            "missing": result.missing,
            "packets": result.packets,
            "rates": result.rates() if not result.missing else [],
            "starting": [cost._asdict() for cost in result.starting],
            "runs": [cost._asdict() for cost in result.costs],
            "found": result.found._asdict() if result.found else None,
        }
        for result in results
    ]

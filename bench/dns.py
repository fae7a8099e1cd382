"""Reading DNS from a file: the monitor beside tshark, on the same messages, in turns, on one core.

Rates are messages per second of processor time, user and system. The time to start is subtracted.
"""

import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from bench.make_dns import dns_capture
from bench.measure import Cost, Figure, ratio, run, table

STARTING: Final = 100
OURS, ALONE, TSHARK = (
    "exercise.py -q, with five statistics and two signals",
    "our decoder alone, with columns",
    "tshark",
)
STATISTICS: Final = "dns_names,dns_types,dns_response_codes,dns_servers,dns_response_time"
MESSAGES: Final = {OURS: 1_000_000, ALONE: 1_000_000, TSHARK: 50_000}
ROUNDS: Final = 5

Rates = dict[str, list[float]]


def measure(quick: bool, say: Callable[[str], None]) -> Rates:
    """Return the messages per second of each tool, for each round."""
    sizes = {name: size // 5 if quick else size for name, size in MESSAGES.items()}
    rates: Rates = {name: [] for name in sizes if name != TSHARK or shutil.which("tshark")}
    for size in {STARTING, *sizes.values()}:
        say(f"dns: a capture of {size:,} messages")
        dns_capture(size)
    for number in range(2 if quick else ROUNDS):
        say(f"dns: round {number + 1}")
        for name, known in rates.items():
            known.append(_rate(name, sizes[name]))
    return rates


def _rate(name: str, messages: int) -> float:
    start, whole = (_read(name, size).cpu_seconds for size in (STARTING, messages))
    return messages / max(whole - start, 1e-3)


def _read(name: str, messages: int) -> Cost:
    return run(_command(name, str(dns_capture(messages))), cores="one")


def _command(name: str, file: str) -> Sequence[str]:
    if name == TSHARK:
        fields = ("dns.qry.name", "dns.qry.type", "dns.flags.rcode", "dns.time")
        return [
            "tshark",
            "-n",
            "-r",
            file,
            "-Y",
            "dns",
            "-T",
            "fields",
            *(word for one in fields for word in ("-e", one)),
        ]
    if name == ALONE:
        return [sys.executable, "-m", "bench.peers.dns_alone", file]
    return [sys.executable, "exercise.py", "-r", file, "-q", "--set", f"statistics=request_rate,{STATISTICS}"]


def report(rates: Rates) -> str:
    """Return the Markdown table."""
    rows = (
        [name, Figure.of(known).text(), ratio(known, rates[TSHARK]).text(",.0f") if TSHARK in rates else "-"]
        for name, known in rates.items()
    )
    return table(("tool", "DNS messages/s of a core", f"x {TSHARK}"), rows)


def facts(rates: Rates) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return dict(rates)

"""TLS handshakes: how many are read from a file on one core, with all their columns, beside tshark.

Both read the same connections, tshark fewer of them; processor time includes starting up.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.make_handshakes import make
from bench.measure import CACHE, Figure, run, table
from capture.core import CORE

OURS, TSHARK = "our decoder alone, with columns", "tshark, the same fields but JA4"
FIELDS: Final = (
    "tls.handshake.extensions_server_name",
    "tls.handshake.ciphersuite",
    "tls.handshake.extensions.supported_version",
    "tls.handshake.ja3",
    "tls.handshake.ja3s",
    "x509ce.dNSName",
)


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Figure]:
    """Return the handshakes per second of processor time, by reader; only of those that are there."""
    many, few = (50_000, 5_000) if quick else (200_000, 20_000)
    rates: dict[str, Figure] = {}
    if CORE is not None:
        rates[OURS] = _rate(many, 1 if quick else 5, say, lambda file: [*_MODULE, str(file)])
    if shutil.which("tshark") is not None:
        rates[TSHARK] = _rate(few, 1 if quick else 3, say, _tshark)
    return rates


_MODULE: Final = (sys.executable, "-m", "bench.peers.handshakes_read")


def _tshark(file: Path) -> list[str]:
    shown = [part for field in FIELDS for part in ("-e", field)]
    return ["tshark", "-n", "-r", str(file), "-Y", "tls.handshake.type in {1, 2, 11}", "-T", "fields", *shown]


def _rate(count: int, rounds: int, say: Callable[[str], None], command: Callable[[Path], list[str]]) -> Figure:
    file = CACHE / f"handshakes-{count}.pcap"
    if not file.exists():
        say(f"{count:,} TLS handshakes: making the capture")
        CACHE.mkdir(exist_ok=True)
        make(file, count)
    say(f"{count:,} TLS handshakes: {command(file)[0]}")
    return Figure.of(count / run(command(file), cores="one").cpu_seconds for _ in range(rounds))


def report(rates: dict[str, Figure]) -> str:
    """Return the Markdown table."""
    return table(("TLS handshakes", "handshakes/s of a core"), ([name, rate.text()] for name, rate in rates.items()))


def facts(rates: dict[str, Figure]) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {name: rate._asdict() for name, rate in rates.items()}

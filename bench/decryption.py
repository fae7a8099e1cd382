"""HTTP over TLS: how many bytes of it the core decrypts and decodes on one core, from key log and capture.

The rates are those of the decoder, without reading the file; tshark's, with the same keys, include starting up.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.make_tls import KINDS, make
from bench.measure import CACHE, Figure, run, table
from capture.core import CORE

BODIES: Final = "TLS 1.3, AES-256-GCM, bodies of 1 MiB"
NAMES: Final = {
    "bodies": BODIES,
    "aes128": "TLS 1.2, AES-128-GCM, bodies of 1 MiB",
    "chacha": "TLS 1.2, ChaCha20-Poly1305, bodies of 1 MiB",
    "answers": "TLS 1.3, AES-256-GCM, answers of 1,200 bytes",
}
TSHARK: Final = "tshark, the first of these"


class WrongError(Exception):
    """Not all that was sent was found."""


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Figure]:
    """Return the bytes of bodies per second of processor time, by kind; only of those that can be measured."""
    rates: dict[str, Figure] = {}
    kinds = ["bodies"] if quick else list(NAMES)
    for kind in kinds:
        if CORE is not None:
            say(f"decryption: {NAMES[kind]}")
            rates[NAMES[kind]] = Figure.of(_rate(kind) for _ in range(2 if quick else 5))
    if shutil.which("tshark") is not None and not quick:
        say("decryption: tshark")
        rates[TSHARK] = Figure.of([_tshark()])
    return rates


def _capture(kind: str) -> Path:
    file = CACHE / f"tls-{kind}.pcap"
    if not file.exists():
        CACHE.mkdir(exist_ok=True)
        make(file, kind)
    return file


def _bytes(kind: str) -> int:
    return KINDS[kind].connections * KINDS[kind].requests * KINDS[kind].body


def _rate(kind: str) -> float:
    file = _capture(kind)
    with tempfile.NamedTemporaryFile("r") as output:
        keys = str(file.with_suffix(".keys"))
        run([sys.executable, "-m", "bench.peers.decrypted", str(file), keys], Path(output.name), cores="one")
        found, seconds = output.read().split()
    if int(found) != KINDS[kind].connections * KINDS[kind].requests:
        raise WrongError(f"{found} exchanges in {file}")
    return _bytes(kind) / float(seconds)


def _tshark() -> float:
    file = _capture("bodies")
    keys = f"tls.keylog_file:{file.with_suffix('.keys')}"
    command = ["tshark", "-n", "-r", str(file), "-o", keys, "-Y", "http.response", "-T", "fields", "-e", "http.time"]
    return _bytes("bodies") / run(command, cores="one").cpu_seconds


def report(rates: dict[str, Figure]) -> str:
    """Return the Markdown table."""
    rows = ([name, Figure(*(each / 1e6 for each in rate)).text()] for name, rate in rates.items())
    return table(("HTTP over TLS", "MB of bodies/s of a core"), rows)


def facts(rates: dict[str, Figure]) -> dict[str, Any]:
    """Return the results as JSON-compatible values."""
    return {name: rate._asdict() for name, rate in rates.items()}

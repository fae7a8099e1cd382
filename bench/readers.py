"""The tools that read a capture file beside the monitor, and how they are told to."""

import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench.measure import CACHE, ROOT

FULL: Final = 500_000
OURS: Final = "exercise.py -q"
OURS_TELLS: Final = [sys.executable, "-m", "bench.peers.ours"]


class Peer(NamedTuple):
    """One tool, and how it reads a file."""

    name: str
    command: Callable[[str], Sequence[str]]
    """Of a capture file."""
    packets: int
    """Of the capture that it can read in some seconds."""
    needs: str = ""
    """The program that has to be there, if any."""
    packages: tuple[str, ...] = ()
    """Python packages in a virtual environment of its own, if any."""
    tells: Callable[[str], Sequence[str]] | None = None
    """The command whose output says what was found, where it is another one."""
    silent: bool = False
    """It reads packets and knows nothing of HTTP."""


def peers(quick: bool) -> list[Peer]:
    """All of them, the fastest first; `quick` has shorter captures and leaves the slowest out."""
    fast, middle, slow = (50_000, 20_000, 2_000) if quick else (FULL, 100_000, 20_000)
    sniffer = str(ROOT / "bench" / "peers" / "scapy_sniff.py")
    own = [sys.executable]
    known = [
        Peer(
            "tcpdump -w /dev/null",
            lambda file: ["tcpdump", "-r", file, "-w", "/dev/null"],
            fast,
            "tcpdump",
            silent=True,
        ),
        Peer("httpry", _httpry, fast, "httpry"),
        Peer(
            "our decoder alone",
            lambda file: [*own, "-m", "bench.peers.decoder_alone", file],
            fast,
            tells=lambda file: [*own, "-m", "bench.peers.decoder_alone", file, "tell"],
        ),
        Peer(OURS, lambda file: [*own, "exercise.py", "-r", file, "-q"], fast, tells=lambda file: [*OURS_TELLS, file]),
        Peer("tshark", _tshark, middle, "tshark"),
        Peer("Scapy sniff()", lambda file: [*own, sniffer, file], slow),
        Peer("Scapy sniff(), TCPSession", lambda file: [*own, sniffer, file, "session"], slow),
        Peer(
            "Scapy 2.4.5 + scapy-http",
            lambda file: [_python_of(("scapy==2.4.5", "scapy-http")), sniffer, file],
            slow,
            packages=("scapy==2.4.5", "scapy-http"),
        ),
        Peer(
            "pyshark",
            lambda file: [_python_of(("pyshark",)), str(ROOT / "bench" / "peers" / "pyshark_read.py"), file],
            2_000,
            "tshark",
            ("pyshark",),
        ),
    ]
    return [peer for peer in known if not (quick and peer.packages)]


def _httpry(file: str) -> list[str]:
    return ["httpry", "-q", "-r", file, "-f", "request-uri,status-code", "-o", "/dev/stdout"]


def _tshark(file: str) -> list[str]:
    fields = ("http.request.uri", "http.response.code", "http.response_for.uri")
    return [
        "tshark",
        "-n",
        "-r",
        file,
        "-Y",
        "http",
        "-T",
        "fields",
        *(word for name in fields for word in ("-e", name)),
    ]


def _python_of(packages: Sequence[str]) -> str:
    return str(CACHE / ("-".join(packages).replace("==", "-")) / "bin" / "python")


def install(packages: Sequence[str]) -> str:
    """Make a virtual environment for these packages; why that did not work, if so."""
    python = Path(_python_of(packages))
    if python.exists():
        return ""
    folder = python.parent.parent
    try:
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(folder, ignore_errors=True)
        return f"not installed: pip install {' '.join(packages)} failed"
    return ""

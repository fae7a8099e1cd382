"""The tools that read a capture file, and their commands."""

import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench.measure import CACHE, ROOT
from exercise_config import Config

FULL: Final = 500_000
"""Packets in the benchmark's capture."""
HERE: Final = ROOT / "bench" / "peers"
OURS: Final = "exercise.py -q"
PLUGIN: Final = "exercise.py -q, and a plug-in with key(record)"
REFERENCE: Final = "exercise.py -q, Python reference"
ALONE: Final = "our decoder alone, with columns"
HTTPRY, SURICATA, TSHARK, SCAPY = "httpry", "Suricata", "tshark", "Scapy sniff()"
FAST, SLOW = 7, 3
"""Rounds for tools that take less than a second, and for slower ones."""


class Peer(NamedTuple):
    """A tool, and how it reads a file."""

    name: str
    command: Callable[[str], Sequence[str]]
    """Returns its command for a capture file."""
    packets: int
    """Packets in a capture that it can read within a few seconds."""
    rounds: int = SLOW
    needs: str = ""
    """The program it needs, if any."""
    debian: str = ""
    """The program's Debian package, if the name differs."""
    packages: tuple[str, ...] = ()
    """Python packages it needs in its own virtual environment, if any."""
    tells: Callable[[str], Sequence[str]] | None = None
    """Returns the command that prints what was found, if it differs."""
    silent: bool = False
    """Whether it prints no single transactions, or the same ones as another peer."""


def peers(quick: bool) -> list[Peer]:
    """Return all peers, fastest first; `quick` uses shorter captures and leaves out the slowest."""
    known = [*_tools(quick), *_ourselves(quick), *_slow_ones(quick)]
    return [peer for peer in known if not (quick and peer.packages)]


def _tools(quick: bool) -> list[Peer]:
    full = 200_000 if quick else FULL
    return [
        Peer("tcpdump -w /dev/null", _tcpdump, full, FAST, "tcpdump", silent=True),
        Peer(
            "ndpiReader -q",
            lambda file: ["ndpiReader", "-q", "-i", file],
            full,
            FAST,
            "ndpiReader",
            "libndpi-bin",
            silent=True,
        ),
        Peer(HTTPRY, _httpry, full, FAST, "httpry"),
        Peer(SURICATA, suricata, full, SLOW, "suricata", tells=lambda file: [*_module("suricata_read"), file]),
    ]


def _ourselves(quick: bool) -> list[Peer]:
    full, middle = (200_000, 50_000) if quick else (FULL, 200_000)
    alone = _module("decoder_alone")
    return [
        Peer(ALONE, lambda file: [*alone, file], full, FAST, tells=lambda file: [*alone, file, "tell"]),
        Peer(OURS, _ours, full, FAST, tells=lambda file: [*_module("ours"), file]),
        Peer(PLUGIN, lambda file: [*_ours(file), *_with_plugin()], full, FAST, silent=True),
        Peer(
            REFERENCE,
            lambda file: [*_PYTHON_ONLY, *_ours(file)],
            middle,
            tells=lambda file: [*_PYTHON_ONLY, *_module("ours"), file],
        ),
    ]


def _slow_ones(quick: bool) -> list[Peer]:
    middle, few = (20_000, 2_000) if quick else (100_000, 20_000)
    sniffer, old = str(HERE / "scapy_sniff.py"), ("scapy==2.4.5", "scapy-http")
    return [
        Peer(TSHARK, _tshark, middle, needs="tshark"),
        Peer(SCAPY, lambda file: [sys.executable, sniffer, file], few),
        Peer("Scapy sniff(), TCPSession", lambda file: [sys.executable, sniffer, file, "session"], few),
        Peer("Scapy 2.4.5 + scapy-http", lambda file: [_python_of(old), sniffer, file], few, packages=old),
        Peer(
            "pyshark",
            lambda file: [_python_of(("pyshark",)), str(HERE / "pyshark_read.py"), file],
            2_000,
            needs="tshark",
            packages=("pyshark",),
        ),
    ]


_PYTHON_ONLY: Final = ("env", "HTTP_MONITOR_DECODER=python")


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", f"bench.peers.{name}"]


def _ours(file: str) -> list[str]:
    return [sys.executable, "exercise.py", "-r", file, "-q"]


def _with_plugin() -> list[str]:
    names = ",".join((*Config.statistics, "hits_by_method_and_host"))
    return ["--set", f"statistics_folder={HERE / 'plugin'}", "--set", f"statistics={names}"]


def _tcpdump(file: str) -> list[str]:
    return ["tcpdump", "-r", file, "-w", "/dev/null"]


def suricata(file: str) -> list[str]:
    """Return the command for Suricata: without rules, in one thread apart from housekeeping."""
    rules = ["-S", "/dev/null", "-l", str(CACHE)]
    return ["suricata", "-c", str(HERE / "suricata.yaml"), "--runmode", "single", "-k", "none", *rules, "-r", file]


def _httpry(file: str) -> list[str]:
    return ["httpry", "-q", "-r", file, "-f", "request-uri,status-code", "-o", "/dev/stdout"]


def _tshark(file: str) -> list[str]:
    fields = ("http.request.uri", "http.response.code", "http.response_for.uri")
    columns = [word for name in fields for word in ("-e", name)]
    return ["tshark", "-n", "-r", file, "-Y", "http", "-T", "fields", *columns]


def _python_of(packages: Sequence[str]) -> str:
    return str(CACHE / ("-".join(packages).replace("==", "-")) / "bin" / "python")


def install(packages: Sequence[str]) -> str:
    """Make a virtual environment for these packages; return the error, or an empty text."""
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

"""A small scene for blocking: findings of clients, and the program `nft`, `haproxy` or `nginx` if it is installed."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from traffic.finding import HIGH, Finding

START = 1_795_366_930.0
CLIENT = "203.0.113.7"


def found(client: str = CLIENT, at: float = 0.0, severity: str = HIGH, server: str = "198.51.100.1") -> Finding:
    """A finding of a scan, `at` seconds after the start."""
    return Finding(
        START + at, "path_scan", "path_scan", severity, client, 0, server, 80, "", "", "asked for 30 missing paths"
    )


def needs(program: str) -> str:
    """Return the path of a program, or skip."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def needs_root() -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("network namespaces need root")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def soon(holds: Callable[[], bool], seconds: float = 20) -> bool:
    """Return whether it holds soon; for other processes."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def status(port: int, path: str = "/", source: str = "127.0.0.2") -> str:
    """Return the status that a client at this address of loopback gets."""
    done = subprocess.run(
        ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "--max-time", "5", "--interface", source,
         f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    return done.stdout

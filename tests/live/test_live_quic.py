"""The monitor says of QUIC connections what their server and clients count."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from decoders import MAKERS

pytest.importorskip("aioquic", reason="pip install -r requirements-dev.txt")
pytest.importorskip("trustme", reason="pip install -r requirements-dev.txt")
from .monitor import command, environment
from .quic_peers import V2, Visit, visit

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif("core" not in MAKERS, reason="the core is not built: make fast"),
]
STATISTICS = ("quic_servers", "quic_versions", "quic_downloaded_per_server", "quic_uploaded_per_server")
VISITS = [Visit("one.example", 100_000), Visit("one.example", 5), Visit("two.example", 500_000, V2)]


def watched(folder: Path, port: int) -> "subprocess.Popen[str]":
    """Start a monitor of loopback; it is capturing when this returns."""
    arguments = command(
        "-i", "lo", "-p", str(port), "--ui", "json", "--history", "none", "--user", "root",
        timeout=0.2, dashboard_bucket_size=1, statistics=",".join(("request_rate", *STATISTICS)),
    )  # fmt: skip
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment(), cwd=folder)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def stopped(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Stop a monitor, and return its last View."""
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    view: dict[str, Any] = json.loads(output.strip().split("\n")[-1])
    return view


def test_connections_names_versions_and_bytes_are_those_of_both_ends(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = watched(tmp_path, port)
    try:
        moved = visit(tmp_path, port, VISITS)
        view = stopped(process)
    finally:
        process.kill()
        process.wait()
    panels = {panel["name"]: {row["key"]: row["window"] for row in panel["rows"]} for panel in view["panels"]}
    total = {name: {key: sums["total"] for key, sums in panels[name].items()} for name in STATISTICS}
    assert total["quic_servers"] == moved.connections == {"one.example": 2, "two.example": 1}
    assert total["quic_versions"] == {"1": 2, "2": 1}
    assert total["quic_downloaded_per_server"] == moved.down
    assert total["quic_uploaded_per_server"] == moved.up
    assert view["health"]["unreadable_connections"] == [{"name": "QUIC", "count": 3}]

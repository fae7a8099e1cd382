"""In a live capture, a statistic adds the traffic it needs, such as pings and DNS; otherwise only the ports are
captured.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from capture_helpers import inject

pytest.importorskip("scapy.layers.inet")
import catalogue_traffic as traffic
from decoders import MAKERS

pytest_plugins = ["own_network"]
OwnNetwork = Callable[[Callable[[], Any]], None]
PROGRAM = str(Path(__file__).parents[2] / "exercise.py")
BRISK = ["--set", "timeout=0.1", "--set", "dashboard_bucket_size=1", "--history", "none", "--user", "root"]
BRISK += ["--set", "max_top_hits=50"]
PATIENCE = 60.0
FIRST_OF_QUIC = traffic.quic()[::4]
"""The first packets of its connections, which are captured anyway."""
ANSWERS = [frame for frame in traffic.lookups() if frame.payload.src == "9.9.9.9"]


def watched(frames: list[Any], *names: str) -> dict[str, Any]:
    """Return the last View of a program that monitors one end of a wire while frames are sent from the other."""
    statistics = ",".join(["request_rate", "top_clients", *names])
    command = [sys.executable, PROGRAM, "-i", "veth0", "--ui", "json", *BRISK, "--set", f"statistics={statistics}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    try:
        process.stdout.readline()  # it is capturing now
        inject("veth1", [bytes(frame) for frame in frames])
        until = time.monotonic() + PATIENCE
        while json.loads(process.stdout.readline())["requests"] < 9 and time.monotonic() < until:
            pass
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert process.returncode == 0
    view: dict[str, Any] = json.loads(rest.strip().split("\n")[-1])
    assert view["requests"] == 9
    return view


def rows(view: dict[str, Any], name: str) -> dict[str, int]:
    [panel] = [panel for panel in view["panels"] if panel["name"] == name]
    return {row["key"]: row["window"]["count"] for row in panel["rows"]}


@pytest.mark.parametrize(
    ("names", "beside", "expected"),
    [
        ((), FIRST_OF_QUIC, {}),
        (("saas_lookups",), [*traffic.dns(), *ANSWERS, *FIRST_OF_QUIC], {"saas_lookups": {"Dropbox 10.0.0.7": 3}}),
        (
            ("dns_names", "local_names"),
            [*traffic.dns(), *traffic.lookups(), *FIRST_OF_QUIC],
            {"dns_names": {"www.dropbox.com": 3, "example.org": 1}, "local_names": {"mdns printer.local": 1}},
        ),
        (("quic_servers",), FIRST_OF_QUIC, {"quic_servers": {"video.example.com": 2}}),
        (("quic_downloaded_per_server",), traffic.quic(), {"quic_downloaded_per_server": {"video.example.com": 2}}),
        (
            ("protocols_by_client", "ports_by_client"),
            [
                *traffic.dns(),
                *traffic.lookups(),
                *traffic.quic(),
                *traffic.pings(),
                *traffic.datagrams(),
                *traffic.tls(),
            ],
            {
                "protocols_by_client": {"10.0.0.9 ICMP": 20, "9.9.9.9 UDP": 11, "10.0.0.10 UDP": 102},
                "ports_by_client": {"10.0.0.10 UDP 51820 wireguard": 100, "9.9.9.9 UDP 53 domain": 5},
            },
        ),
    ],
    ids=["the ports alone", "DNS answers", "DNS", "QUIC", "volume of QUIC", "everything"],
)
def test_the_capture_matches_what_the_statistics_need(
    own_network: OwnNetwork, names: tuple[str, ...], beside: list[Any], expected: dict[str, dict[str, int]]
) -> None:
    if any(name.startswith(("quic", "dns")) for name in names) and "core" not in MAKERS:
        pytest.skip("the core is not built: make fast")

    def story() -> None:
        view = watched(traffic.everything(), *names)
        assert view["health"]["packets"] == len(traffic.web()) + len(beside)
        for name, counts in expected.items():
            assert counts.items() <= rows(view, name).items()

    own_network(story)

"""A fleet in network namespaces: two sensors, each beside an nginx, and a third host with the store, which watches.

The watcher's screen must equal both access logs and their sum, also after one sensor was cut off for a while.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from . import clients
from .monitor import ROOT, command, environment, running
from .network import Side, star
from .web_server import WebServer, totals, web_server

trustme = pytest.importorskip("trustme", reason="trustme makes the certificates: pip install -r requirements-dev.txt")

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    *(
        pytest.mark.skipif(shutil.which(program) is None, reason=f"not installed: {program}")
        for program in ("nginx", "ip", "nft", "curl", "wrk")
    ),
]
BRISK = {"timeout": 0.2, "dashboard_bucket_size": 1}
PATIENCE = 60.0
PROGRAM = (sys.executable, str(ROOT / "exercise.py"))


class Host(NamedTuple):
    """A host with a web server."""

    name: str
    side: Side
    middle: str
    """The address under which it reaches the middle."""
    server: WebServer


def start(folder: Path, arguments: list[str], inside: list[str]) -> "subprocess.Popen[bytes]":
    """Start a program of the fleet, with its output in files of the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "output").open("wb") as output, (folder / "errors").open("wb") as errors:
        return subprocess.Popen([*inside, *arguments], stdout=output, stderr=errors, env=environment(), cwd=folder)


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def until(what: str, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.2)


@contextmanager
def cut_off(host: Host, port: int) -> Iterator[None]:
    """Drop what the host sends to the store; its web server goes on."""
    nft = [*host.side.inside, "nft"]
    rules = f"table inet cut {{ chain out {{ type filter hook output priority 0; tcp dport {port} drop; }}; }}"
    subprocess.run([*nft, rules], check=True, timeout=30)
    try:
        yield
    finally:
        subprocess.run([*nft, "delete", "table", "inet", "cut"], check=True, timeout=30)


def latest_view(output: Path) -> dict[str, Any]:
    """Return the last complete line of `--ui json`; empty if there is none."""
    lines = output.read_text().split("\n")[:-1]
    view: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return view


def shown(view: dict[str, Any], panel: str) -> Counter[str]:
    """Return the hits by key of a panel in the retention."""
    rows: list[dict[str, Any]] = next((each["rows"] for each in view.get("panels", []) if each["name"] == panel), [])
    return Counter({row["key"]: row["window"]["count"] for row in rows})


PANELS = ("top_status_codes", "top_methods", "top_sections", "top_user_agents", "top_domains")
"""In the order of `totals`."""


def differences(view: dict[str, Any], hosts: list[Host]) -> dict[str, Any]:
    """Return what differs between the screen and the access logs, by panel."""
    logs = {host.name: host.server.visits_when_quiet() for host in hosts}
    truth = dict(zip(PANELS, totals(visit for visits in logs.values() for visit in visits), strict=True))
    truth["top_sensors"] = Counter({name: len(visits) for name, visits in logs.items()})
    found = {panel: shown(view, panel) for panel in truth}
    return {panel: (found[panel], truth[panel]) for panel in truth if found[panel] != truth[panel]}


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[tuple[list[str], list[Host]]]:
    """The middle, and two hosts with an nginx each."""
    with star(2) as (middle, sides), ExitStack() as stack:
        found = []
        for number, (side, ours) in enumerate(sides):
            server = stack.enter_context(web_server(tmp_path / f"web{number}", [side.address], 80, side.inside))
            found.append(Host(f"web-{'ab'[number]}", side, ours, server))
        yield middle, found


@pytest.mark.parametrize("start_store", ["collector", "clickhouse"])
def test_the_fleets_screen_equals_both_access_logs(
    hosts: tuple[list[str], list[Host]], tmp_path: Path, start_store: str
) -> None:
    middle, both = hosts
    with ExitStack() as stack:
        store = STORES[start_store](stack, tmp_path, middle, [host.middle for host in both])
        for host in both:
            sensor(stack, tmp_path / host.name, host, store.for_sensor.format(host.middle))
        sets = {**BRISK, "max_top_hits": 60, "sensor_silence": 5, "fleet_delay": 2}
        watch = [*PROGRAM, "watch", "--store", store.for_reader, "--ui", "json", "--user", "root"]
        watch += [word for name, value in sets.items() for word in ("--set", f"{name}={value}")]
        process = start(tmp_path / "watch", watch, middle)
        stack.callback(end, process)
        output = tmp_path / "watch" / "output"

        def equal() -> bool:
            assert process.poll() is None, (tmp_path / "watch" / "errors").read_text()
            return not differences(latest_view(output), both)

        for host in both:
            visit(host, tmp_path, middle)
        until("both on the screen", equal)

        with cut_off(both[0], store.port):
            for host in both:
                visit(host, tmp_path, middle)
            until("an alert that it is silent", lambda: "sensor_silence" in signals(latest_view(output)))
            assert not equal()
        until("all that was missing", equal)
        until("the end of the alert", lambda: "sensor_silence" not in signals(latest_view(output)))


def visit(host: Host, folder: Path, middle: list[str]) -> None:
    """Send requests of curl and wrk from the middle."""
    base = f"http://{host.side.address}"
    clients.curl(base, host.server.folder / "www" / "large", middle)
    clients.wrk(base, folder, requests=400, inside=middle)
    for answered in folder.glob("*.answered"):
        answered.unlink()


def signals(view: dict[str, Any]) -> set[str]:
    """Return the signals with an active alert."""
    return {alert["signal"] for alert in view.get("alerts", []) if alert["end_timestamp_seconds"] is None}


class Store(NamedTuple):
    """A running store in the middle."""

    port: int
    for_sensor: str
    """Its address for a sensor, with {} in place of the host."""
    for_reader: str


def collector(stack: ExitStack, folder: Path, inside: list[str], addresses: list[str]) -> Store:
    """Start a collector, and wait until it listens."""
    authority, certificate = trustme.CA(), folder / "server.pem"
    ca, key, token, tokens = (folder / name for name in ("ca.pem", "server.key", "token", "tokens"))
    authority.cert_pem.write_to_path(ca)
    issued = authority.issue_cert(*addresses)
    issued.private_key_pem.write_to_path(key)
    certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    token.write_text("0123456789abcdef0123456789abcdef\n")
    tokens.write_text(f"web-* {token.read_text()}")
    for secret in (key, token, tokens):
        secret.chmod(0o600)
    port, store = 8444, str(folder / "fleet")
    arguments = [*PROGRAM, "collect", "--listen", f"0.0.0.0:{port}", "--store", store, "--user", "root"]
    arguments += ["--cert", str(certificate), "--key", str(key), "--token-file", str(tokens)]
    process = start(folder / "collect", arguments, inside)
    stack.callback(end, process)

    def listens() -> bool:
        assert process.poll() is None, (folder / "collect" / "errors").read_text()
        asked = ["curl", "-ksS", "-m", "2", "-o", "/dev/null", f"https://{addresses[0]}:{port}/"]
        return subprocess.run([*inside, *asked], capture_output=True, timeout=30, check=False).returncode == 0

    until("the collector listens", listens)
    return Store(port, f"https://{{}}:{port}?ca={ca}&token_file={token}", store)


def clickhouse(stack: ExitStack, folder: Path, inside: list[str], addresses: list[str]) -> Store:
    """Start a ClickHouse server, and make the tables."""
    pytest.importorskip("clickhouse_connect", reason="the package of requirements-clickhouse.txt is not there")
    pytest.importorskip("chdb", reason="the package chdb-core is not there")
    server = ROOT / "tests" / "history" / "clickhouse" / "chdb_server.py"
    command_line = [*inside, sys.executable, str(server), "0.0.0.0"]
    process = stack.enter_context(subprocess.Popen(command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    stack.callback(process.kill)
    assert process.stdout is not None
    port = int(json.loads(process.stdout.readline())["port"])
    address = f"clickhouse://default@{{}}:{port}/fleet?tls=no"
    here = address.format(addresses[0])
    done = subprocess.run(
        [*inside, *PROGRAM, "store", "init", "--store", here], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return Store(port, address, here)


STORES = {"collector": collector, "clickhouse": clickhouse}


def sensor(stack: ExitStack, folder: Path, host: Host, store: str) -> None:
    """Start a sensor beside the web server of a host."""
    arguments = command(
        *("-i", host.side.interface, "-p", "80", "--store", store, "--sensor", host.name, "--user", "root"),
        *("--spool", str(folder / "spool"), "--history", "none"),
        **BRISK,
    )
    stack.enter_context(running(folder, arguments, host.side.inside))

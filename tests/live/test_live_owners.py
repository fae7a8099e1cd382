"""Whose connections these are, live: servers and short-lived clients, a container, another network of this host."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from capture.core import CORE

from .monitor import Monitor, command, running
from .network import ip

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="not installed: curl"),
    pytest.mark.skipif(CORE is None, reason="only the core knows owners: make fast"),
]
BRISK = {"timeout": 0.2, "dashboard_bucket_size": 1}
ID = "9f2c" * 16
CLIENTS = 20
GROUPS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")
WORKERS = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = str(os.getpid()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = HTTPServer((sys.argv[1], 0), Handler)
print(server.server_port, flush=True)
for _ in range(int(sys.argv[2])):
    if not os.fork():
        server.serve_forever()
        os._exit(0)
if sys.argv[2] == "0":
    server.serve_forever()
sys.stdin.read()
"""
"""A web server that answers with the number of its process; with workers, these accept the connections."""


@contextmanager
def web_server(
    address: str, workers: int = 0, inside: tuple[str, ...] = (), group: Path | None = None
) -> Iterator[int]:
    """Run the server, in a control group if there is one, and yield its port."""

    def enter() -> None:
        if group is not None:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    process = subprocess.Popen(
        [*inside, sys.executable, "-c", WORKERS, address, str(workers)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=enter, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield int(process.stdout.readline())
    finally:
        os.killpg(process.pid, 9)
        process.wait()
        process.stdin.close()
        process.stdout.close()


def curl(address: str, port: int) -> str:
    command = ["curl", "-s", "--max-time", "30", f"http://{address}:{port}/"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def lines(log: Path, number: int) -> list[dict[str, Any]]:
    """Wait until the log has a number of lines, and return them."""
    until = time.monotonic() + 30
    while (text := log.read_text().splitlines() if log.exists() else []) is not None and len(text) < number:
        assert time.monotonic() < until, f"{len(text)} lines, not {number}"
        time.sleep(0.1)
    return [json.loads(line) for line in text]


@contextmanager
def monitored(folder: Path, interface: str, port: int, *more: str) -> Iterator[tuple[Monitor, Path]]:
    """Run a monitor until it knows who listens, and yield it with its log. It runs as nobody, like that of a user."""
    log = folder / "log"
    with running(folder, command("-i", interface, "-p", str(port), "--log", str(log), *more, **BRISK)) as monitor:
        yield monitor, log
        assert monitor.stop() == 0
        assert "Traceback" not in monitor.errors


def until_named(log: Path, ask: Callable[[], str]) -> tuple[dict[str, Any], str]:
    """Ask until a line names its process, and return it with the answer: the helper starts beside the monitor."""
    for number in range(1, 100):
        answer = ask()
        found = lines(log, number)[-1]
        if "process.name" in found:
            return found, answer
    raise AssertionError(f"no owner in {log.read_text()}")


def python() -> str:
    """Return the name that the kernel gives to a Python process."""
    return Path("/proc/self/comm").read_text().strip()


@pytest.fixture
def container_group() -> Iterator[Path]:
    """Make a control group like that of a container of Docker."""
    for place in GROUPS:
        folder = Path(place, f"docker-{ID}.scope")
        try:
            folder.mkdir()
        except OSError:
            continue
        if not (folder / "cgroup.procs").exists():
            folder.rmdir()
            continue
        yield folder
        for _ in range(100):
            with suppress(OSError):
                folder.rmdir()
                return
            time.sleep(0.05)
        raise AssertionError(f"{folder} cannot be removed")
    pytest.skip("no control groups can be made here")


@contextmanager
def other_network() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Make a network namespace; yield our interface to it, its address, and the command that enters it."""
    name, ours = f"monitor-own-{os.getpid()}", f"own{os.getpid() % 10**7}"
    try:
        ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError) as reason:
        pytest.skip(f"no network namespaces here: {reason}")
    try:
        ip("link", "add", ours, "type", "veth", "peer", "name", "veth0", "netns", name)
        ip("address", "add", "10.205.0.1/24", "dev", ours)
        ip("link", "set", ours, "up")
        ip("-n", name, "address", "add", "10.205.0.2/24", "dev", "veth0")
        ip("-n", name, "link", "set", "veth0", "up")
        yield ours, "10.205.0.2", ("ip", "netns", "exec", name)
    finally:
        ip("netns", "delete", name)


def test_exchanges_name_the_server_always(tmp_path: Path) -> None:
    with web_server("127.0.0.1") as port, monitored(tmp_path, "lo", port) as (_, log):
        until_named(log, lambda: curl("127.0.0.1", port))
        before = len(lines(log, 1))
        answers = [curl("127.0.0.1", port) for _ in range(CLIENTS)]
        found = lines(log, before + CLIENTS)[before:]
    assert {(one["process.name"], one["process.pid"], one["user.name"]) for one in found} == {
        (python(), int(answers[0]), "root")
    }
    assert not [name for one in found for name in one if name.startswith(("container", "orchestrator"))]


def test_of_several_workers_the_one_that_answered_is_named(tmp_path: Path) -> None:
    with web_server("127.0.0.1", workers=3) as port, monitored(tmp_path, "lo", port) as (_, log):
        until_named(log, lambda: curl("127.0.0.1", port))
        before = len(lines(log, 1))
        with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as client:
            answers = []
            for _ in range(4):  # the first may be over before the worker is found
                client.request("GET", "/")
                answers.append(client.getresponse().read().decode())
                time.sleep(0.5)
            found = lines(log, before + 4)[before:]
    assert len({*answers}) == 1
    assert {one["process.name"] for one in found} == {python()}
    assert found[-1]["process.pid"] == int(answers[-1])
    assert {one.get("process.pid") for one in found} <= {None, int(answers[0])}, "never another worker"


def test_a_container_in_another_network_is_named(tmp_path: Path, container_group: Path) -> None:
    with (
        other_network() as (interface, address, inside),
        web_server(address, inside=inside, group=container_group) as port,
        monitored(tmp_path, interface, port, "--set", "statistics=+top_containers") as (monitor, log),
    ):
        found, _ = until_named(log, lambda: curl(address, port))
        page = monitor.wait("a panel of containers", lambda page: "Top hits by container" in page.text)
    assert (found["process.name"], found["container.id"], found["container.name"]) == (python(), ID, ID[:12])
    assert ID[:12] in page.text


@contextmanager
def published() -> Iterator[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """Make a host between a client and a container; yield the commands that enter them.

    The host has the address 10.206.0.1 for the client, and 10.207.0.2 is that of the container.
    """
    host, client, container = names = [f"monitor-{part}-{os.getpid()}" for part in ("host", "client", "container")]
    try:
        for name in names:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        for other, prefix in ((client, "10.206.0"), (container, "10.207.0")):
            interface = other.split("-")[1]
            ip("-n", host, "link", "add", interface, "type", "veth", "peer", "name", "veth0", "netns", other)
            for name, here, address in ((host, interface, f"{prefix}.1"), (other, "veth0", f"{prefix}.2")):
                ip("-n", name, "address", "add", f"{address}/24", "dev", here)
                ip("-n", name, "link", "set", here, "up")
        ip("-n", container, "route", "add", "default", "via", "10.207.0.1")
        inside = [("ip", "netns", "exec", name) for name in names]
        subprocess.run([*inside[0], "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"], check=True, timeout=60)
        yield inside[0], inside[1], inside[2]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True, timeout=60)


def publish(host: tuple[str, ...], port: int) -> None:
    """Let the host send what comes to port 8080 to the container; skip the test where the kernel does not do that."""
    rules = (
        "add table ip nat; add chain ip nat pre { type nat hook prerouting priority -100; }; "
        f"add rule ip nat pre tcp dport 8080 dnat to 10.207.0.2:{port}"
    )
    done = subprocess.run([*host, "nft", rules], check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        pytest.skip(f"this kernel does not translate addresses: {done.stderr.strip()}")


@pytest.mark.skipif(shutil.which("nft") is None, reason="not installed: nft")
def test_a_published_port_belongs_to_the_container(tmp_path: Path) -> None:
    with published() as (host, client, container), web_server("10.207.0.2", inside=container) as port:
        publish(host, port)
        log = tmp_path / "log"
        watching = command("-i", "client", "-p", "8080", "--log", str(log), **BRISK)
        asking = [*client, "curl", "-s", "--max-time", "30", "http://10.206.0.1:8080/"]

        def ask() -> str:
            return subprocess.run(asking, check=True, capture_output=True, text=True, timeout=60).stdout

        with running(tmp_path, watching, inside=host) as monitor:
            found, server = until_named(log, ask)
            assert monitor.stop() == 0
    assert found["destination.ip"] == "10.206.0.1", "the address of the host"
    assert found["process.name"] == python()
    assert found.get("process.pid", int(server)) == int(server)


def test_short_lived_clients_are_named_in_most_cases(tmp_path: Path) -> None:
    with (
        other_network() as (interface, address, inside),
        web_server(address, inside=inside) as port,
        monitored(tmp_path, interface, port, "--owners", "host") as (_, log),
    ):
        until_named(log, lambda: curl(address, port))
        before = len(lines(log, 1))
        for _ in range(CLIENTS):
            curl(address, port)
        found = lines(log, before + CLIENTS)[before:]
    names = Counter(one.get("process.name", "") for one in found)
    assert set(names) <= {"curl", ""}, "never a wrong name"
    assert names["curl"] >= CLIENTS / 4, names  # on a quiet machine, nearly all

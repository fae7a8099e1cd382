"""Checks that the systemd unit is well-formed, and as restricted as possible."""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cli.arguments import parse_arguments

ROOT = Path(__file__).parent.parent.parent
UNIT = ROOT / "packaging" / "http-monitor.service"
analysed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")

OPEN_ON_PURPOSE = {
    "AmbientCapabilities=",
    "CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)",
    "DeviceAllow=",  # the clock that PrivateDevices and ProtectClock leave to be read
    "IPAddressDeny=",  # notices and metrics go where the settings say
    "PrivateNetwork=",
    "PrivateUsers=",
    "RestrictAddressFamilies=~AF_(INET|INET6)",
    "RestrictAddressFamilies=~AF_NETLINK",
    "RestrictAddressFamilies=~AF_PACKET",
    "RestrictAddressFamilies=~AF_UNIX",
    "RootDirectory=/RootImage=",
    "SystemCallFilter=~@privileged",  # capset, which gives rights up
}


@pytest.fixture
def unit(tmp_path: Path) -> str:
    """Return the unit with an installed command."""
    text = UNIT.read_text()
    assert "ExecStart=/usr/local/bin/exercise " in text
    path = tmp_path / UNIT.name
    path.write_text(text.replace("ExecStart=/usr/local/bin/exercise ", "ExecStart=/bin/true "))
    return str(path)


@analysed
def test_it_is_well_formed(unit: str) -> None:
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@analysed
def test_every_permission_of_the_unit_is_intended(unit: str) -> None:
    """systemd rates an exposure of 2 as `OK`; most services have more than 9."""
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--json=short", unit]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    found = {entry["name"] for entry in json.loads(done.stdout) if entry["set"] is False and entry["exposure"]}
    assert "PrivateNetwork=" in found
    assert found <= OPEN_ON_PURPOSE


def test_the_command_line_of_the_unit_is_valid() -> None:
    text = UNIT.read_text()
    (options,) = re.findall(r'^Environment="OPTIONS=(.*)"$', text, re.MULTILINE)
    (command,) = re.findall(r"^ExecStart=\S+ (.*)$", text, re.MULTILINE)
    arguments = parse_arguments(command.replace("$OPTIONS", options).split())
    assert (arguments.quiet, arguments.interface, arguments.config) == (True, "any", "/etc/http-monitor/config.toml")


# The rights that systemd grants, without systemd ----------------------------------------------------------------------

AS_THE_SERVICE = (
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--inh-caps=-all,+net_raw",
    "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw",
)  # fmt: skip
PR_SET_MDWE = 65
"""Of prctl(2): no memory that can be written is ever executed, as MemoryDenyWriteExecute= has it. From Linux 6.3."""
NO_CAPABILITY = "0000000000000000"


def deny_write_execute() -> None:
    ctypes.CDLL(None).prctl(PR_SET_MDWE, 1, 0, 0, 0)


def may_run_here() -> bool:
    """Return whether the user can read the interpreter and the program."""
    probe = [*AS_THE_SERVICE, sys.executable, "-c", "import exercise"]
    return subprocess.run(probe, cwd=ROOT, capture_output=True).returncode == 0


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="root and setpriv are needed to become the dynamic user of systemd",
)
def test_the_capability_is_enough_and_is_dropped(tmp_path: Path) -> None:
    if not may_run_here():
        pytest.skip("user 65534 may not read the program here")
    server = socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler)
    port = server.server_address[1]
    options = ["-i", "lo", "-p", str(port), "--quiet", "--history", "none", "--set", "timeout=0.1"]
    with server, (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        process = subprocess.Popen(
            [*AS_THE_SERVICE, sys.executable, "exercise.py", *options],
            cwd=ROOT, stdout=out, stderr=err, preexec_fn=deny_write_execute,
        )  # fmt: skip
        try:
            tasks = Path(f"/proc/{process.pid}/task")
            wait_for(lambda: len(list(tasks.iterdir())) > 1, "the capture thread")
            states = [status.read_text() for status in tasks.glob("*/status")]
            found = [re.findall(r"^Cap(?:Inh|Prm|Eff|Amb):\s+(\w+)$", state, re.MULTILINE) for state in states]
            assert found == [[NO_CAPABILITY] * 4] * len(states)
            for _ in range(3):
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            wait_for(lambda: "Requests  3" in (tmp_path / "err").read_text(), "the requests", partial(ask, process))
        finally:
            process.terminate()
            assert process.wait(timeout=60) == 0
    assert "Requests  3" in (tmp_path / "out").read_text()


def ask(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGUSR1)


def wait_for(holds: Callable[[], bool], what: str, meanwhile: Callable[[], None] = lambda: None) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        meanwhile()
        time.sleep(0.1)

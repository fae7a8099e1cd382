"""Checks that the units of the proxy are well-formed and as restricted as possible, and that the socket is used."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import URLError

import pytest

from capture.core import CORE
from cli.proxy import parse_proxy

ROOT = Path(__file__).parent.parent.parent
UNIT = ROOT / "packaging" / "http-monitor-proxy.service"
SOCKET = UNIT.with_suffix(".socket")
ACTIVATE = "systemd-socket-activate"
analysed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")

OPEN_ON_PURPOSE = {
    "DeviceAllow=",  # the clock that PrivateDevices and ProtectClock leave to be read
    "IPAddressDeny=",  # clients and upstreams are where the user has them
    "PrivateNetwork=",
    "RestrictAddressFamilies=~AF_(INET|INET6)",
    "RestrictAddressFamilies=~AF_NETLINK",
    "RestrictAddressFamilies=~AF_UNIX",
    "RootDirectory=/RootImage=",
    "SystemCallFilter=~@privileged",  # capset, which gives rights up
}


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """Return the units with an installed command."""
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace("ExecStart=/usr/local/bin/exercise ", "ExecStart=/bin/true "))
    beside = tmp_path / SOCKET.name
    beside.write_text(SOCKET.read_text())
    return [str(path), str(beside)]


@analysed
def test_they_are_well_formed(units: list[str]) -> None:
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@analysed
def test_every_permission_of_the_unit_is_intended(units: list[str]) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--json=short", units[0]]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    found = {entry["name"] for entry in json.loads(done.stdout) if entry["set"] is False and entry["exposure"]}
    assert "PrivateNetwork=" in found
    assert found <= OPEN_ON_PURPOSE


def test_the_command_line_of_the_unit_is_valid() -> None:
    text = UNIT.read_text()
    (options,) = re.findall(r'^Environment="OPTIONS=(.*)"$', text, re.MULTILINE)
    (command,) = re.findall(r"^ExecStart=\S+ (.*)$", text, re.MULTILINE)
    words = command.replace("$OPTIONS", options).replace("${CREDENTIALS_DIRECTORY}", "/run/credentials").split()
    assert words[0] == "proxy"
    arguments = parse_proxy(words[1:]).proxy
    assert arguments is not None
    assert [each.inherited for each in arguments.listen] == [0]
    secrets = {Path(path).name for path in (*arguments.certificates, *arguments.keys)}
    assert secrets == {*re.findall(r"^LoadCredential=(\S+?):", text, re.MULTILINE)}


class Answer(BaseHTTPRequestHandler):
    """Answers every request in the same way."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.skipif(CORE is None, reason="the core is not built")
@pytest.mark.skipif(shutil.which(ACTIVATE) is None, reason=f"{ACTIVATE} is not installed")
def test_a_socket_that_systemd_has_opened_is_used() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as upstream:
        Thread(target=upstream.serve_forever, daemon=True).start()
        behind = f"127.0.0.1:{upstream.server_address[1]}"
        program = [sys.executable, str(ROOT / "exercise.py"), "proxy", "--listen", "fd:0", "--upstream", behind]
        activated = [ACTIVATE, "-l", f"127.0.0.1:{port}", *program, "--history", "none", "--quiet", "--user", "root"]
        running = subprocess.Popen(activated, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        try:
            assert _asked(port) == b"hello"
        finally:
            running.terminate()
            said = running.communicate(timeout=30)[1]
        upstream.shutdown()
    assert running.returncode == 0, said


def _asked(port: int) -> bytes:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with suppress(URLError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as response:
            return bytes(response.read())
        time.sleep(0.05)
    pytest.fail("nobody listens")

"""Checks that the systemd unit of the collector is well-formed, and as restricted as possible."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.collect import parse_collect

UNIT = Path(__file__).parent.parent.parent / "packaging" / "http-monitor-collector.service"
analysed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")

OPEN_ON_PURPOSE = {
    "DeviceAllow=",  # the clock that PrivateDevices and ProtectClock leave to be read
    "IPAddressDeny=",  # sensors come from where the user has them
    "PrivateNetwork=",
    "RestrictAddressFamilies=~AF_(INET|INET6)",
    "RestrictAddressFamilies=~AF_UNIX",
    "RootDirectory=/RootImage=",
    "SystemCallFilter=~@privileged",  # capset, which gives rights up
}


@pytest.fixture
def unit(tmp_path: Path) -> str:
    """Return the unit with an installed command."""
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace("ExecStart=/usr/local/bin/exercise ", "ExecStart=/bin/true "))
    return str(path)


@analysed
def test_it_is_well_formed(unit: str) -> None:
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@analysed
def test_every_permission_of_the_unit_is_intended(unit: str) -> None:
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
    words = command.replace("$OPTIONS", options).replace("${CREDENTIALS_DIRECTORY}", "/run/credentials").split()
    assert words[0] == "collect"
    arguments = parse_collect(words[1:])
    (state,) = re.findall(r"^StateDirectory=(.*)$", text, re.MULTILINE)
    assert arguments.store == f"/var/lib/{state}"
    secrets = {Path(path).name for path in (arguments.cert, arguments.key, arguments.token_file)}
    assert secrets == {*re.findall(r"^LoadCredential=(\S+?):", text, re.MULTILINE)}

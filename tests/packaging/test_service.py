"""The systemd unit: it is well-formed, and nothing is left open that need not be."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parent.parent.parent / "packaging" / "http-monitor.service"
pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")

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
    """The unit, with a command that is here."""
    text = UNIT.read_text()
    assert "ExecStart=/usr/local/bin/exercise " in text
    path = tmp_path / UNIT.name
    path.write_text(text.replace("ExecStart=/usr/local/bin/exercise ", "ExecStart=/bin/true "))
    return str(path)


def test_it_is_well_formed(unit: str) -> None:
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_is_open_is_open_on_purpose(unit: str) -> None:
    """An exposure of 2 is `OK`; most services have above 9."""
    analysed = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--json=short", unit]
    done = subprocess.run(analysed, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    found = {entry["name"] for entry in json.loads(done.stdout) if entry["set"] is False and entry["exposure"]}
    assert "PrivateNetwork=" in found
    assert found <= OPEN_ON_PURPOSE

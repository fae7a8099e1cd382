"""The private network of the demo, which needs no rights."""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from demo import private_network
from demo.errors import DemoError
from demo.private_network import enter_private_network

ROOT = Path(__file__).resolve().parents[2]


SNIFF = """
import socket
from demo.private_network import enter_private_network
from demo.traffic import DemoTraffic
moved = enter_private_network()
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sniffer, DemoTraffic() as traffic:
    sniffer.bind(("lo", 0))
    traffic.begin()
    sniffer.settimeout(30)
    while b"HTTP/1.1 200 OK" not in sniffer.recv(65536):
        pass
print(moved, [name for _, name in socket.if_nameindex()])
"""
FIT = """
import subprocess, sys
import requests
sys.exit(sys.version_info < (3, 10) or subprocess.run([sys.executable, "-c", ""]).returncode)
"""
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def python_for_nobody(folder: Path) -> str | None:
    """Return an interpreter that an unprivileged user can run, with a copy of the demo in `folder`."""
    for package in ("requests", "urllib3", "idna", "certifi", "charset_normalizer"):
        origin = importlib.import_module(package).__file__
        assert origin is not None
        shutil.copytree(Path(origin).parent, folder / package)
    shutil.copytree(ROOT / "demo", folder / "demo")
    shutil.copy(ROOT / "gen_traffic.py", folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([*NOBODY, python, "-c", FIT], cwd=folder, capture_output=True, check=False).returncode == 0:
            return python
    return None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has network namespaces")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root is needed to become nobody")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is needed to become nobody")
def test_nobody_can_watch_the_demo_in_a_private_network() -> None:
    # Not tmp_path: its parent folders are closed to other users.
    with tempfile.TemporaryDirectory() as name:
        python = python_for_nobody(Path(name))
        if python is None:
            pytest.skip("no Python 3.10 or later here that a user without rights can run")
        if subprocess.run([*NOBODY, "unshare", "--user", "--net", "true"], capture_output=True, check=False).returncode:
            pytest.skip("this kernel keeps user namespaces from users without rights")
        done = subprocess.run(
            [*NOBODY, python, "-c", SNIFF], cwd=name, capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "True ['lo']\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has capabilities")
def test_a_user_who_may_capture_stays_in_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_network, "_may_capture", lambda: True)
    assert enter_private_network() is False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has network namespaces")
def test_a_kernel_that_refuses_is_reported_in_one_line_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(flags: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(private_network, "_may_capture", lambda: False)
    monkeypatch.setattr(private_network, "_unshare", refuse)
    with pytest.raises(DemoError) as refused:
        enter_private_network()
    assert "Operation not permitted" in str(refused.value)
    assert "sudo" in str(refused.value)
    assert "\n" not in str(refused.value)

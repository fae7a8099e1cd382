"""What the detector of unseen attacks learned live is known after a restart."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.core import CORE

from .monitor import command, running
from .network import Side, veth_pair

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(not hasattr(CORE, "request_features"), reason="needs the core"),
]
ORDINARY = [f"/items?page={number % 7}" for number in range(60)]
STRANGE = "/items?page=(1)"
"""Strange at this host, but not anywhere."""
SERVER = """
import sys
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_): pass
server = TCPServer((sys.argv[1], 80), Handler)
print("listening", flush=True)
server.serve_forever()
"""
CLIENT = """
import http.client, sys
for target in sys.argv[2:]:
    connection = http.client.HTTPConnection(sys.argv[1], 80, timeout=10)
    connection.request("GET", target, headers={"Host": "shop.example.com"})
    connection.getresponse().read()
    connection.close()
"""


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    """The namespaces of a running web server and of its clients."""
    with veth_pair() as (server, client):
        words = [*server.inside, sys.executable, "-c", SERVER, server.address]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == b"listening\n"
                yield server, client
            finally:
                process.kill()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the user nobody may write to."""
    path = Path(tempfile.mkdtemp(prefix="monitor-unseen-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def lines(folder: Path) -> list[dict[str, object]]:
    log = folder / "log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def soon(folder: Path, count: int) -> bool:
    end = time.monotonic() + 30
    while len(lines(folder)) < count and time.monotonic() < end:
        time.sleep(0.1)
    return len(lines(folder)) >= count


def test_what_is_strange_for_a_host_is_found_at_once_after_a_restart(folder: Path, sides: tuple[Side, Side]) -> None:
    server, client = sides
    settings = {"timeout": 0.2, "dashboard_bucket_size": 1, "detectors": "unseen", "log_records": "exchanges,findings"}
    kept = ("--log", str(folder / "log"), "--history", str(folder / "history.db"))
    words, sent = command("-i", server.interface, "-p", "80", *kept, **settings), 0
    for targets in (ORDINARY, [STRANGE]):
        with running(folder, words, server.inside) as monitor:
            subprocess.run(
                [*client.inside, sys.executable, "-c", CLIENT, server.address, *targets], check=True, timeout=60
            )
            sent += len(targets)
            assert soon(folder, sent), monitor.errors
            assert monitor.stop() == 0, monitor.errors
    found = [line for line in lines(folder) if line.get("rule.name") == "unseen"]
    assert [line["client.ip"] for line in found] == [client.address]

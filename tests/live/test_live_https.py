"""With its key log, what is logged equals the access log of nginx row by row: TLS 1.2 and 1.3, HTTP/1.1 and h2."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.core import how_to_decrypt
from capture.keys.ebpf import EbpfKeys
from capture.keys.libbpf import BpfUnavailable

from . import clients
from .https_server import NAME, HttpsServer, Row, https_server
from .monitor import Monitor, command, running

MISSING = [tool for tool in ("nginx", "wrk", "curl", "h2load", "gcc", "openssl") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
    pytest.mark.skipif(bool(how_to_decrypt()), reason=how_to_decrypt()),
]
BRISK = {"timeout": 0.2, "dashboard_bucket_size": 1}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    with https_server(tmp_path / "server", port) as running_server:
        yield running_server


def watching(server: HttpsServer, *more: str, keys: str = "") -> list[str]:
    files = ("--keys", keys or str(server.keys), "--log", str(server.folder / "exchanges"), "--history", "none")
    settings = {**BRISK, "log_query_strings": "yes"}
    return command("-i", "lo", "-p", str(server.port), *files, *more, **settings)


def logged(server: HttpsServer) -> list[Row]:
    """Return what the monitor logged, except requests without a response."""
    rows = []
    for line in (server.folder / "exchanges").read_text().splitlines():
        told = json.loads(line)
        rows.append(
            Row(
                told["http.request.method"],
                told["url.original"],
                told["http.version"],
                f"TLS {told['tls.version']}",
                told["http_monitor.host"].partition(":")[0],
                told["http.response.status_code"],
                told["http.response.body.bytes"],
                told["user_agent.original"],
            )
        )
    return rows


def await_lines(server: HttpsServer, number: int) -> None:
    """Wait until the monitor has logged so many exchanges, or some time has passed; a comparison tells more."""
    until = time.monotonic() + 20
    while len((server.folder / "exchanges").read_text().splitlines()) < number and time.monotonic() < until:
        time.sleep(0.1)


def assert_same_rows(server: HttpsServer, monitor: Monitor) -> list[Row]:
    """Wait until the monitor has logged as many exchanges as the server, end it, and compare."""
    expected = server.rows_when_quiet()
    await_lines(server, len(expected))
    assert monitor.stop() == 0
    assert monitor.errors == ""
    assert Counter(logged(server)) == Counter(expected)
    return expected


def curl(server: HttpsServer, *options: str, paths: tuple[str, ...]) -> None:
    base = f"https://{NAME}:{server.port}"
    reach = ["--resolve", f"{NAME}:{server.port}:127.0.0.1", "--cacert", str(server.folder / "certificate.pem")]
    urls = [text for path in paths for text in (base + path, "-o", "/dev/null")]
    subprocess.run(["curl", "-sS", "-m", "60", *reach, *options, *urls], check=True, timeout=100)


def curls(server: HttpsServer, number: int) -> None:
    """Send requests by each version of TLS and HTTP, each with its own query."""
    for tls in (["--tls-max", "1.2"], ["--tlsv1.3"]):
        for http in ("--http1.1", "--http2"):
            way = f"{number}{tls[-1]}{http}"
            curl(server, *tls, http, "-A", f"curl {way}", paths=(f"/hello?{way}", "/large", "/moved", "/missing"))
            curl(server, *tls, http, "-A", f"curl {way}", "-d", "x" * 3000, paths=(f"/upload?{way}", "/failing"))


def h2load(server: HttpsServer) -> None:
    base = f"https://127.0.0.1:{server.port}"
    load = ["h2load", "-n", "600", "-c", "6", "-m", "10", f"{base}/hello", f"{base}/"]
    done = subprocess.run(load, capture_output=True, text=True, timeout=100, check=True)
    assert "600 succeeded" in done.stdout, done.stdout


def assert_cannot_be_dumped(process: int) -> None:
    limits = Path(f"/proc/{process}/limits").read_text().splitlines()
    assert [line.split()[-3:-1] for line in limits if line.startswith("Max core file size")] == [["0", "0"]]
    assert Path(f"/proc/{process}/mem").stat().st_uid == 0  # although the process belongs to nobody
    assert "Uid:\t65534" in Path(f"/proc/{process}/status").read_text()


def assert_no_key_in(*texts: str, server: HttpsServer) -> None:
    secrets = {line.split()[2] for line in server.keys.read_text().splitlines()}
    assert len(secrets) > 10
    leaked = [
        secret for secret in secrets for text in texts if secret in text.lower() or ascii(bytes.fromhex(secret)) in text
    ]
    assert leaked == []


def test_what_is_logged_equals_the_servers_log(server: HttpsServer, tmp_path: Path) -> None:
    with running(tmp_path / "monitor", watching(server)) as monitor:
        curls(server, 1)
        clients.wrk(f"https://127.0.0.1:{server.port}", tmp_path, requests=600)
        h2load(server)
        assert_cannot_be_dumped(monitor.process.pid)
        rows = assert_same_rows(server, monitor)
        last = monitor.dashboards()[-1]
        assert_no_key_in(monitor.output, monitor.errors, (server.folder / "exchanges").read_text(), server=server)
    assert Counter((row.version, row.tls) for row in rows if row.user_agent.startswith("curl")) == {
        (version, tls): 6 for version in ("1.1", "2") for tls in ("TLS 1.2", "TLS 1.3")
    }
    assert len(rows) == 24 + 600 + 600
    assert "unreadable" not in last.text
    assert " from keys.log" in last.text


def test_keys_by_ebpf_are_as_good_as_a_key_log(server: HttpsServer, tmp_path: Path) -> None:
    try:
        EbpfKeys().close()
    except BpfUnavailable as reason:
        pytest.skip(str(reason))
    with running(tmp_path / "monitor", watching(server, keys="ebpf")) as monitor:
        curls(server, 1)
        h2load(server)
        assert_cannot_be_dumped(monitor.process.pid)
        rows = assert_same_rows(server, monitor)
        last = monitor.dashboards()[-1]
        assert_no_key_in(monitor.output, monitor.errors, (server.folder / "exchanges").read_text(), server=server)
    assert len(rows) == 24 + 600
    assert "unreadable" not in last.text
    assert " from eBPF" in last.text


def test_a_key_log_that_is_truncated_and_replaced_is_followed(server: HttpsServer, tmp_path: Path) -> None:
    with running(tmp_path / "monitor", watching(server, "--user", "root")) as monitor:
        curls(server, 1)
        await_lines(server, 24)  # what is not read yet is gone with the rest
        os.truncate(server.keys, 0)
        curls(server, 2)
        server.keys.rename(server.folder / "keys.log.1")
        time.sleep(1.1)  # the library looks for another file once a second
        curls(server, 3)
        assert server.keys.stat().st_size > 0
        assert len(assert_same_rows(server, monitor)) == 72

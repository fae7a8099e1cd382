"""HTTP/2 and gRPC on loopback: the log of the monitor has what h2load and a gRPC server noted."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from capture.core import CORE

from .monitor import running

pytest.importorskip("grpc", reason="the calls are made with it: grpcio")
pytest.importorskip("websockets")
import grpc

from .http2_servers import NGHTTPD, SERVICE, Call, Calls, grpc_server, nghttpd
from .test_live_messages import lines, monitored, stopped

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(CORE is None, reason="only the core reads HTTP/2: make fast"),
]
REQUESTS = 3000


@pytest.mark.skipif(shutil.which("h2load") is None or NGHTTPD is None, reason="not installed: h2load, nghttpd")
def test_the_log_has_the_requests_of_h2load(tmp_path: Path) -> None:
    pages, noted = tmp_path / "pages", tmp_path / "noted"
    pages.mkdir()
    (pages / "hello").write_text("hello\n")
    with nghttpd(pages) as port:
        log, arguments = monitored(tmp_path, port)
        with running(tmp_path, arguments) as monitor:
            addresses = [f"http://127.0.0.1:{port}/{name}" for name in ("hello", "nothing")]
            load = ["h2load", "-n", str(REQUESTS), "-c", "7", "-m", "20", f"--log-file={noted}", *addresses]
            subprocess.run(load, check=True, capture_output=True, timeout=60)
            found = lines(log, REQUESTS)
            assert stopped(monitor) == ""
    statuses = Counter(int(line.split()[1]) for line in noted.read_text().splitlines())
    assert Counter(line["http.response.status_code"] for line in found) == statuses
    assert Counter((line["url.original"], line["http.response.status_code"]) for line in found) == {
        ("/hello", 200): statuses[200],
        ("/nothing", 404): statuses[404],
    }
    assert {(line["http.version"], line["http_monitor.ending"]) for line in found} == {("2", "complete")}
    assert {line["http.response.body.bytes"] for line in found if line["url.original"] == "/hello"} == {6}


def test_calls_are_what_a_grpc_server_noted(tmp_path: Path) -> None:
    calls = Calls()
    with grpc_server(calls) as port:
        log, arguments = monitored(tmp_path, port)
        with running(tmp_path, arguments) as monitor:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                make_calls(channel)
            found = lines(log, len(calls.noted))
            assert stopped(monitor) == ""
    told = [
        Call(
            line["http_monitor.operation"],
            line["http_monitor.request_messages"],
            line["http_monitor.response_messages"],
            line["rpc.grpc.status_code"],
        )
        for line in found
        if line["network.protocol"] == "grpc"
    ]
    assert Counter(told) == Counter(calls.noted)
    assert len(told) == 10


def make_calls(channel: "grpc.Channel") -> None:
    """Make calls of each kind, one after the other."""
    for size in (0, 10, 100_000):
        assert channel.unary_unary(f"/{SERVICE}/Add")(b"x" * size) == b"x" * 2 * size
    with pytest.raises(grpc.RpcError):
        channel.unary_unary(f"/{SERVICE}/Refuse")(b"x")
    for size in (0, 1, 50):
        assert len(list(channel.unary_stream(f"/{SERVICE}/Watch")(b"x" * size))) == size
    for number in (0, 20):
        assert channel.stream_unary(f"/{SERVICE}/Fill")(iter([b"x"] * number)) == b"%d" % number
    with pytest.raises(grpc.RpcError):
        list(channel.stream_stream(f"/{SERVICE}/Chat")(iter([b"a", b"bc", b""])))

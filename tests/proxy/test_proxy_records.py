"""What the proxy records is what a passive monitor of its clients' side records, row by row."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from certificates_made import issued
from inline_proxy import HAS_PROXY
from origins import Visit, origin, reply
from programs import run
from proxy_program import ROOT, exchanges, proxy
from raw_clients import connected, everything, get, http2, talk
from smuggled import AMBIGUOUS

pytestmark = [
    pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(shutil.which("tcpdump") is None, reason="not installed: tcpdump"),
]
TIMES = ("@timestamp", "event.start", "event.end")
SPANS = ("event.duration", "http_monitor.response_time")
CLOSE = 0.05
"""Seconds by which times may differ on a busy machine."""
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"
ANSWERS = {
    b"/204": b"HTTP/1.1 204 No Content\r\n\r\n",
    b"/304": b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n',
    b"/head": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
    b"/chunks": CHUNKS,
    b"/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello",
    b"/large": reply(b"x" * 300_000, b"200 OK", b"Content-Type: image/png"),
    b"/missing": reply(b"no", b"404 Not Found"),
    b"/garbage": b"SSH-2.0\r\n\r\n",
}


def scene(visit: Visit) -> None:
    """Answer by path."""
    while head := visit.head():
        visit.body(head)
        target = head.split(b" ")[1]
        visit.send(ANSWERS.get(target, reply(b"hello")))
        if target in (b"/cut", b"/garbage"):
            return


@contextmanager
def captured(path: Path, port: int) -> Iterator[None]:
    """Capture what passes on the loopback interface, from when the capture has begun until it is complete."""
    command = [
        "tcpdump",
        "-i",
        "lo",
        "-U",
        "--immediate-mode",
        "-B",
        "16384",
        "-w",
        str(path),
        "tcp",
        "port",
        str(port),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        while b"listening" not in (line := process.stderr.readline()):
            assert line or process.poll() is None, "tcpdump ended"
        yield
        time.sleep(0.3)  # until the kernel has handed over the last packets
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
        if process.stderr is not None:
            process.stderr.close()


def passive(capture: Path, port: int, *arguments: str) -> list[dict[str, Any]]:
    """Return what the monitor records of the capture."""
    log = capture.with_suffix(".log")
    monitor = [sys.executable, str(ROOT / "exercise.py"), "-r", str(capture), "-p", str(port), "-q", "--log", str(log)]
    run(*monitor, *arguments)
    return exchanges([json.loads(line) for line in log.read_text().splitlines()])


def key(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return record["source.port"], str(record.get("url.original")), record["event.start"]


def compared(
    folder: Path, make: Callable[[int], int], *arguments: str, scheme: str = "http", passive_too: tuple[str, ...] = ()
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the records of the proxy and of the monitor of the same requests, in the same order."""
    capture = folder / "capture.pcap"
    with origin(scene) as server, proxy(folder, server.url, *arguments, scheme=scheme) as program:
        with captured(capture, program.port):
            number = make(program.port)
            program.records(number)
        assert program.stop() == 0
        ours = exchanges(program.log())
    theirs = passive(capture, program.port, *passive_too)
    assert len(ours) == len(theirs) == number
    return sorted(ours, key=key), sorted(theirs, key=key)


def differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the fields, other than times, that are not equal."""
    names = {*ours, *theirs} - {*TIMES, *SPANS}
    return {name: (ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)}


def assert_equal_but_for(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], allowed: set[str]) -> None:
    for own, other in zip(ours, theirs, strict=True):
        found = differing(own, other)
        assert not {*found} - allowed, (own.get("url.original"), found)
        for span in SPANS:
            assert (span in own) == (span in other)
            assert abs(own.get(span, 0) - other.get(span, 0)) < CLOSE * 1e9, (span, own, other)


def mixed(port: int) -> int:
    """Make requests of all kinds; return how many exchanges they are."""
    with connected(port) as sock:
        sock.sendall(b"".join(get(b"/%d" % number, close=number == 4) for number in range(5)))
        everything(sock)
    single = [
        get(b"/204"), get(b"/304"), get(b"/head", method=b"HEAD"), get(b"/chunks"), get(b"/large"),
        get(b"/missing?a=1"),
        get(b"/upload", method=b"POST", body=b"y" * 100_000), get(b"/garbage"), get(method=b"TRACE"),
        get(b"/te", b"Transfer-Encoding: chunked", method=b"PUT") + b"5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        b"GET /old HTTP/1.0\r\nHost: shop.example\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n",
        b"GET /none HTTP/1.1\r\nConnection: close\r\n\r\n",
    ]  # fmt: skip
    refused = ["repeated Content-Length", "multiple Host fields", "folded field line", "white space before a colon"]
    single += [AMBIGUOUS[name][-1] for name in refused]
    for request in single:
        talk(port, request)
    talk(port, get(b"/half", close=False), ends=True)
    talk(port, *[bytes([byte]) for byte in get(b"/bytes")], pause=0.001)
    return 5 + len(single) + 2


def test_requests_of_all_kinds(tmp_path: Path) -> None:
    ours, theirs = compared(tmp_path, mixed)
    assert_equal_but_for(ours, theirs, set())


def test_a_response_that_is_cut(tmp_path: Path) -> None:
    def make(port: int) -> int:
        talk(port, get(b"/cut"))
        return 1

    ours, theirs = compared(tmp_path, make)
    assert_equal_but_for(ours, theirs, set())


def streams(port: int) -> int:
    """Make requests over one connection of HTTP/2."""
    with http2(port) as sender:
        paths = [*(path.decode() for path in ANSWERS if path not in (b"/head", b"/garbage")), "/a?b=1"]
        for place, path in enumerate(paths):
            sender.ask(2 * place + 1, ("user-agent", "test"), path=path)
        last = 2 * len(paths) + 1
        sender.ask(last, method="POST", path="/upload", body=b"y" * 10_000)
        sender.ask(last + 2, method="HEAD", path="/head")
        sender.wait(*range(1, last + 3, 2))
    return len(paths) + 2


def test_streams_of_http_2(tmp_path: Path) -> None:
    ours, theirs = compared(tmp_path, streams)
    assert_equal_but_for(ours, theirs, set())


@pytest.mark.skipif(shutil.which("curl") is None, reason="not installed: curl")
@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_requests_over_tls(tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, both = tmp_path / "keys", issued("127.0.0.1").write(tmp_path)
    keys.touch(0o600)
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    paths = ("/a?b=1", "/large", "/chunks", "/missing")

    def make(port: int) -> int:
        base = f"https://127.0.0.1:{port}"
        run("curl", "-sk", version, *(f"{base}{path}" for path in paths), "-o", os.devnull)
        run("curl", "-sk", version, "-d", "@" + str(both), f"{base}/upload")
        return len(paths) + 1

    ours, theirs = compared(tmp_path, make, "--cert", str(both), scheme="https", passive_too=("--keys", str(keys)))
    assert {own.get("tls.version") for own in ours} == {"1.3"}
    assert_equal_but_for(ours, theirs, set())

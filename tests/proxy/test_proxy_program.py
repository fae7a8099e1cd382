"""The program from its start to its end: wrong options, SIGHUP, SIGTERM, and what it needs for each connection."""

import os
import re
import signal
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

import pytest
from certificates_made import client, issued
from fronts import free_port, until
from inline_proxy import HAS_PROXY
from origins import Visit, hello, origin, reply
from proxy_program import proxy, refused
from raw_clients import asked, connected, everything, get, next_reply, talk

pytestmark = [
    pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="it keeps the rights of root"),
]
IDLE = 2000
MOST_FOR_EACH = 40_000
"""Bytes of memory for a connection that waits: it and the monitor's part of it need some 33,000."""


def test_requests_under_way_are_completed_at_the_end(tmp_path: Path) -> None:
    def script(visit: Visit) -> None:
        while head := visit.head():
            visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            time.sleep(0.8 if b"/long" in head else 0)
            visit.send(b"world")

    with origin(script) as server, proxy(tmp_path, server.url) as program, connected(program.port) as sock:
        sock.sendall(get(b"/long", close=False))
        assert sock.recv(1000).endswith(b"hello")
        with connected(program.port) as waiting:
            waiting.sendall(get(close=False))
            next_reply(waiting)
            statuses: list[int] = []
            ending = threading.Thread(target=lambda: statuses.append(program.stop()))
            ending.start()
            assert everything(waiting) == b"", "connections that rest are ended at once"
        assert everything(sock) == b"world"
        ending.join()
    assert statuses == [0]
    record = program.records(2)[-1]
    assert (record["url.original"], record["http_monitor.ending"]) == ("/long", "complete")
    assert record["http.response.body.bytes"] == 10


def test_silent_connections_do_not_delay_the_end(tmp_path: Path) -> None:
    with origin(hello) as server, proxy(tmp_path, server.url, proxy_drain=3) as program, connected(program.port):
        asked(program.port, get())
        begun = time.monotonic()
        assert program.stop() == 0
        assert time.monotonic() - begun < 2


def test_no_new_connections_come_in_at_the_end(tmp_path: Path) -> None:
    begun = threading.Event()

    def script(visit: Visit) -> None:
        visit.head()
        begun.set()
        time.sleep(1)
        visit.send(reply(b"hello"))

    with origin(script) as server, proxy(tmp_path, server.url) as program, connected(program.port) as sock:
        sock.sendall(get())
        assert begun.wait(5)
        program.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(ConnectionRefusedError):
            talk(program.port, get(), seconds=0.2)


def test_requests_that_take_too_long_are_cut_at_the_end(tmp_path: Path) -> None:
    def script(visit: Visit) -> None:
        visit.head()
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        visit.more()

    with origin(script) as server, proxy(tmp_path, server.url, proxy_drain=0.5) as program:
        with connected(program.port) as sock:
            sock.sendall(get(b"/long"))
            assert sock.recv(1000).endswith(b"hello")
            begun = time.monotonic()
            assert program.stop() == 0
            assert time.monotonic() - begun < 4
        [record] = program.records(1)
    assert record["http_monitor.ending"] != "complete"


def test_certificates_are_read_again_at_sighup(tmp_path: Path) -> None:
    both = issued("old.example").write(tmp_path)
    half, whole = threading.Event(), threading.Event()

    def script(visit: Visit) -> None:
        visit.head()
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        half.set()
        whole.wait(10)
        visit.send(b"world")

    def offered(port: int) -> str:
        with connected(port, client()) as sock:
            assert isinstance(sock, ssl.SSLSocket)
            found = sock.getpeercert()
        assert found is not None
        return str(found["subjectAltName"][0][1])

    with (
        origin(script) as server,
        proxy(tmp_path, server.url, "--cert", str(both), scheme="https") as program,
        connected(program.port, client()) as sock,
    ):
        assert offered(program.port) == "old.example"
        sock.sendall(get())
        assert half.wait(5)
        issued("new.example").write(tmp_path)
        program.process.send_signal(signal.SIGHUP)
        until(lambda: offered(program.port) == "new.example", "the new certificate")
        both.write_text("no certificate")
        program.process.send_signal(signal.SIGHUP)
        until(lambda: "certificate" in program.errors, "a warning")
        assert offered(program.port) == "new.example"
        issued("last.example").write(tmp_path)
        program.process.send_signal(signal.SIGHUP)
        until(lambda: offered(program.port) == "last.example", "the last certificate")
        whole.set()
        assert everything(sock).endswith(b"helloworld")
        assert program.stop() == 0


def test_what_is_wrong_is_said_in_one_line(tmp_path: Path) -> None:
    both = str(issued("shop.example").write(tmp_path))
    missing, key = str(tmp_path / "missing.pem"), tmp_path / "other.pem"
    key.write_bytes(issued("other.example").key)
    web, port = ("--upstream", "127.0.0.1:1"), ("--listen", "127.0.0.1:0")
    cases = {
        (*port, *web, "--cert", missing): "No such file",
        (*port, *web, "--cert", both, "--key", str(key)): "the key is not that of the certificate",
        (*port, *web, "--set", "proxy_allowed_oddities=x"): "is not refused",
        (*port, *web, "--set", "proxy_page=/nonexistent"): "proxy_page",
    }
    for arguments, message in cases.items():
        exit_status, errors = refused(tmp_path, *arguments)
        lines = [line for line in errors.splitlines() if not line.startswith("usage:") and line[:1] not in " "]
        assert (exit_status in (1, 2), message in lines[-1]) == (True, True), (arguments, errors)
        assert "Traceback" not in errors


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        exit_status, errors = refused(tmp_path, "--listen", address, "--upstream", "127.0.0.1:1")
    assert (exit_status, address in errors, "another program listens there" in errors) == (1, True, True)


def test_a_proxy_that_is_its_own_upstream_ends_the_loop(tmp_path: Path) -> None:
    port = free_port()
    with proxy(tmp_path, f"127.0.0.1:{port}", port=port) as program:
        assert asked(port, get()).status == 508
        assert len(program.records(2)) == 2, "once around"
        assert program.stop() == 0


def test_the_number_on_the_page_is_in_the_log(tmp_path: Path) -> None:
    with origin(hello) as server, proxy(tmp_path, server.url) as program:
        response = asked(program.port, get(b"/x?q", b"Host: other.example"))
        number = re.findall(rb"number is (\w+)\.", response.body)[0].decode()
        finding = program.finding(number)
        [record] = program.records(1)
    assert finding["rule.name"] == "ambiguous_request"
    assert (record["http.response.status_code"], record["url.original"]) == (400, "/x")
    assert "multiple Host fields" in str(record)


def test_many_connections_that_wait_need_little_memory(tmp_path: Path) -> None:
    def script(visit: Visit) -> None:
        while visit.head():
            visit.send(reply(b"hello"))

    with origin(script) as server, proxy(tmp_path, server.url) as program:
        asked(program.port, get())
        before = program.memory()
        sockets = []
        for _ in range(IDLE):
            sock = socket.create_connection(("127.0.0.1", program.port))
            sock.sendall(get(close=False))
            assert next_reply(sock).status == 200
            sockets.append(sock)
        program.records(IDLE)
        each = (program.memory() - before) / IDLE
        assert asked(program.port, get()).status == 200
        for sock in sockets:
            sock.close()
    print(f"{each:.0f} bytes of memory for each connection that waits")
    assert each < MOST_FOR_EACH

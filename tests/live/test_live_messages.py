"""WebSockets, event streams and calls on loopback: the log of the monitor has what their servers noted."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from capture.core import CORE

from .monitor import Monitor, command, running

pytest.importorskip("websockets", reason="the WebSockets are made with it")
from websockets.sync.client import connect

from .message_servers import EVENT_INTERVAL, EVENTS, Chat, Notes, http_server, websocket_server

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="not installed: curl"),
    pytest.mark.skipif(CORE is None, reason="only the core reads them: make fast"),
]
BRISK = {"timeout": 0.2, "dashboard_bucket_size": 1}
SIZES = (0, 1, 125, 126, 1000, 65535, 65536, 200_000)
SOAP = '<s:Envelope xmlns:s="urn:soap"><s:Body><m:Buy xmlns:m="urn:shop"/></s:Body></s:Envelope>'
CALLS = (
    # content type, further field, body, operation
    ("application/json", "X: y", '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}', "eth_blockNumber"),
    ("application/json", "X: y", '{"operationName":"GetUser","query":"query GetUser { user }"}', "query GetUser"),
    ("application/json", "X: y", '[{"query":"{ a }"},{"query":"{ b }"}]', "query + 1 more"),
    ("application/json", "X: y", '{"name":"no operation"}', None),
    ("application/graphql", "X: y", "mutation Buy { buy }", "mutation Buy"),
    ("text/xml", 'SOAPAction: "urn:shop#Buy"', SOAP, "urn:shop#Buy"),
    ("text/xml", 'SOAPAction: ""', SOAP, "Buy"),
    ("application/soap+xml; action=urn:shop:Sell", "X: y", SOAP, "urn:shop:Sell"),
)


def lines(log: Path, number: int, seconds: float = 30) -> list[dict[str, Any]]:
    """Wait until the log has a number of lines, and return them."""
    until = time.monotonic() + seconds
    while (text := log.read_text().splitlines() if log.exists() else []) is not None and len(text) < number:
        assert time.monotonic() < until, f"{len(text)} lines, not {number}"
        time.sleep(0.1)
    return [json.loads(line) for line in text]


def monitored(folder: Path, port: int) -> tuple[Path, list[str]]:
    """Return the log of a monitor of one port, and the command that starts it."""
    log = folder / "log"
    return log, command("-i", "lo", "-p", str(port), "--log", str(log), "--user", "root", **BRISK)


def chats_of(found: list[dict[str, Any]]) -> list[Chat]:
    """Return the WebSockets of a log, as their server notes them."""
    prefix = "http_monitor"
    names = ("request_messages", "response_messages", "close_code")
    told = [
        (line["url.original"], *(line[f"{prefix}.{name}"] for name in names), line.get(f"{prefix}.close_reason", ""))
        for line in found
        if line["network.protocol"] == "websocket"
    ]
    sizes = [(line["http.request.body.bytes"], line["http.response.body.bytes"]) for line in found]
    return [
        Chat(path, received, sent, *size, code, reason)
        for (path, received, sent, code, reason), size in zip(told, sizes, strict=True)
    ]


def stopped(monitor: Monitor) -> str:
    """End the monitor, and return what it complained about."""
    assert monitor.stop() == 0
    return monitor.errors


@pytest.mark.parametrize("compressed", [False, True])
def test_websockets_have_the_messages_that_the_server_noted(tmp_path: Path, compressed: bool) -> None:
    notes = Notes()
    with websocket_server(notes, compressed=compressed) as port:
        log, arguments = monitored(tmp_path, port)
        with running(tmp_path, arguments) as monitor:
            compression = "deflate" if compressed else None
            for number, (code, reason) in enumerate([(1000, ""), (1000, "bye"), (4001, "é")]):
                with connect(f"ws://127.0.0.1:{port}/chat/{number}", compression=compression) as client:
                    for size in SIZES:
                        client.send(os.urandom(size))
                        assert len(client.recv()) == len(client.recv()) == size
                    client.send([b"in ", b"three ", b"fragments"])
                    assert client.recv() == client.recv() == b"in three fragments"
                    client.close(code, reason)
            found = lines(log, 3)
            assert stopped(monitor) == ""
    if compressed:
        assert [chat[:3] for chat in chats_of(found)] == [chat[:3] for chat in notes.chats]
    else:
        assert chats_of(found) == notes.chats
    assert {line["http_monitor.fragments"] for line in found} == {3}  # the last one is empty
    assert [line.get("http_monitor.oddities") for line in found] == [None] * 3


def test_a_websocket_that_breaks_off_has_no_close_frame(tmp_path: Path) -> None:
    with websocket_server(Notes(), compressed=False) as port:
        log, arguments = monitored(tmp_path, port)
        with running(tmp_path, arguments) as monitor:
            with connect(f"ws://127.0.0.1:{port}/", compression=None) as client:
                client.send("hello")
                assert client.recv() == client.recv() == "hello"
                client.socket.shutdown(socket.SHUT_RDWR)
            (found,) = lines(log, 1)
            assert stopped(monitor) == ""
    assert (found["http_monitor.ending"], found["http_monitor.close_code"]) == ("closed", 1006)


def test_event_streams_and_calls_are_what_the_server_noted(tmp_path: Path) -> None:
    notes = Notes()
    with http_server(notes) as port:
        log, arguments = monitored(tmp_path, port)
        with running(tmp_path, arguments) as monitor:
            base = f"http://127.0.0.1:{port}"
            subprocess.run(["curl", "-sSN", "-m", "60", f"{base}/a", f"{base}/b"], check=True, capture_output=True)
            for kind, further, body, _ in CALLS:
                fields = ["-H", f"Content-Type: {kind}", "-H", further]
                subprocess.run(
                    ["curl", "-sS", "-m", "60", *fields, "-d", body, f"{base}/api"], check=True, capture_output=True
                )
            found = lines(log, 2 + len(CALLS))
            assert stopped(monitor) == ""
    streams, calls = found[:2], found[2:]
    assert Counter({line["url.original"]: line["http_monitor.response_messages"] for line in streams}) == notes.events
    for line in streams:
        assert line["http_monitor.response_time"] < line["http_monitor.first_message_time"] < line["event.duration"]
        assert line["http_monitor.first_message_time"] >= EVENT_INTERVAL * 1e9
        assert line["event.duration"] >= EVENTS * EVENT_INTERVAL * 1e9
    assert [(line["url.original"], line["http.request.body.bytes"]) for line in calls] == notes.calls
    assert [line.get("http_monitor.operation") for line in calls] == [operation for *_, operation in CALLS]

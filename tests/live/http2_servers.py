"""Runs nghttpd, and a gRPC server that notes its calls."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import grpc

NGHTTPD = shutil.which("nghttpd") or shutil.which("nghttpd", path="/usr/sbin")
SERVICE = "shop.Cart"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def nghttpd(folder: Path) -> Iterator[int]:
    """Serve a folder in clear text; yield the port."""
    assert NGHTTPD is not None
    port = free_port()
    command = [NGHTTPD, "--no-tls", "-a", "127.0.0.1", "-d", str(folder), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not _listens(port):
        assert time.monotonic() < until, "the server does not listen"
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class Call(NamedTuple):
    """A call as the server saw it."""

    operation: str
    received: int
    """Messages of the client."""
    sent: int
    status: int


@dataclass
class Calls:
    """Answers calls and notes them."""

    noted: list[Call] = field(default_factory=list)

    def note(self, method: str, received: int, sent: int, status: grpc.StatusCode = grpc.StatusCode.OK) -> None:
        self.noted.append(Call(f"{SERVICE}/{method}", received, sent, status.value[0]))

    def add(self, request: bytes, context: Any) -> bytes:
        self.note("Add", 1, 1)
        return request * 2

    def refuse(self, request: bytes, context: Any) -> bytes:
        self.note("Refuse", 1, 0, grpc.StatusCode.PERMISSION_DENIED)
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "nein, 100 %")
        return b""

    def watch(self, request: bytes, context: Any) -> Iterator[bytes]:
        """Send as many messages as the request has bytes."""
        self.note("Watch", 1, len(request))
        yield from (b"x" * number for number in range(len(request)))

    def fill(self, requests: Iterator[bytes], context: Any) -> bytes:
        received = sum(1 for _ in requests)
        self.note("Fill", received, 1)
        return b"%d" % received

    def chat(self, requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        """Send each message back, and fail at the end."""
        received = 0
        for request in requests:
            received += 1
            yield request
        self.note("Chat", received, received, grpc.StatusCode.DATA_LOSS)
        context.abort(grpc.StatusCode.DATA_LOSS, "")


@contextmanager
def grpc_server(calls: Calls) -> Iterator[int]:
    """Run the server; yield the port."""
    handlers = {
        "Add": grpc.unary_unary_rpc_method_handler(calls.add),
        "Refuse": grpc.unary_unary_rpc_method_handler(calls.refuse),
        "Watch": grpc.unary_stream_rpc_method_handler(calls.watch),
        "Fill": grpc.stream_unary_rpc_method_handler(calls.fill),
        "Chat": grpc.stream_stream_rpc_method_handler(calls.chat),
    }
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()

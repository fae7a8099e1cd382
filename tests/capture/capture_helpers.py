"""Helpers of the capture tests: frames and files built by hand, and a private network."""

import contextlib
import ctypes
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator

from capture.errors import DamagedCapture
from capture.source import Source
from traffic.frame import Frame

CLONE_NEWNET = 0x40000000


def tcp(source_port: int, port: int, payload: bytes = b"") -> bytes:
    return struct.pack(">HHIIBBHHH", source_port, port, 1, 0, 0x50, 0x18, 1024, 0, 0) + payload


def udp(port: int, payload: bytes = b"") -> bytes:
    return struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload


def ipv4(protocol: int, payload: bytes, fragment: int = 0) -> bytes:
    addresses = bytes((10, 0, 0, 1, 10, 0, 0, 2))
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, 64, protocol, 0) + addresses + payload


def ipv6(protocol: int, payload: bytes) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + payload


def ethernet(protocol: int, payload: bytes) -> bytes:
    return bytes.fromhex("020000000002020000000001") + struct.pack(">H", protocol) + payload


def web(payload: bytes = b"", port: int = 80) -> bytes:
    """Build an Ethernet frame with a TCP segment to port 80."""
    return ethernet(0x0800, ipv4(6, tcp(40000, port, payload)))


def read_all(source: Source) -> list[Frame]:
    frames: list[Frame] = []
    while (batch := source.read()) is not None:
        frames += batch
    source.close()
    return frames


def read_to_damage(source: Source) -> tuple[list[Frame], DamagedCapture | None]:
    """Read the frames of a file, and the damage that ends it."""
    frames: list[Frame] = []
    damage = None
    try:
        while (batch := source.read()) is not None:
            frames += batch
    except DamagedCapture as found:
        damage = found
    return frames, damage


def read_until_idle(source: Source, idle: int = 4) -> list[Frame]:
    """Read a live source until nothing arrives `idle` times."""
    frames: list[Frame] = []
    quiet = 0
    while quiet < idle:
        batch = source.read()
        assert batch is not None
        quiet = 0 if batch else quiet + 1
        frames += batch
    return frames


def ip(command: str) -> None:
    """Run the ip command in the network namespace of this thread."""
    subprocess.run(["ip", *command.split()], check=True, capture_output=True, timeout=60)


def inject(interface: str, frames: list[bytes]) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind((interface, 0))
        for frame in frames:
            out.send(frame)


def why_no_network() -> str:
    """Return why this machine cannot create a private network; empty if it can."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid():
        return "needs root"
    try:
        with network_apart():
            ip("link set lo up")
            ip("link add veth0 type veth peer name veth1")
    except (OSError, subprocess.SubprocessError) as reason:
        return f"cannot make a network of its own: {reason}"
    return ""


@contextlib.contextmanager
def network_apart() -> Iterator[None]:
    """Create a network namespace for the main thread, whose `/proc/net` Scapy 2.5 reads to find interfaces."""
    with open("/proc/self/ns/net") as before:
        _change_network("unshare", CLONE_NEWNET)
        try:
            yield
        finally:
            _change_network("setns", before.fileno(), CLONE_NEWNET)


def _change_network(call: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # in Python itself from 3.12 on
    if getattr(libc, call)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")

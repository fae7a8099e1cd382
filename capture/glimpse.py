"""A glimpse of the ports that the kernel filter keeps from us: packets that begin HTTP, on any port.

It is a second socket, which is only open while no HTTP was found on the monitored ports. Its filter runs in the kernel,
so it costs nothing but that, however much other traffic there is.
"""

import contextlib
import socket
import time
from typing import Final

from capture import bpf, packet_socket
from capture.errors import BadFilter, CaptureError, LibpcapMissing
from capture.libpcap import compile_filter
from capture.packet_socket import ALL_PROTOCOLS, ANY, PacketSocket
from traffic.frame import LINKTYPE_RAW, Frame
from traffic.frames import Frames

LENGTH: Final = 1024
"""Bytes of a packet that are looked at."""
MOST: Final = 50
"""Packets taken at a time."""
BUFFER: Final = 64 * 1024
"""Bytes in the kernel; what does not fit is not missed."""
_STARTS: Final = (b"GET ", b"POST", b"HEAD", b"PUT ", b"DELE", b"OPTI", b"PATC", b"HTTP", b"PRI ")
"""First four bytes of HTTP messages, and of connections that speak HTTP/2."""


def expression(user: str = "") -> str:
    """Return the filter, for packets that begin with the IP header and also match the expression of the user."""
    starts = [f"{int.from_bytes(start, 'big'):#x}" for start in _STARTS]
    four = " or ".join(f"tcp[((tcp[12] & 0xf0) >> 2):4] = {start}" for start in starts)
    six = " or ".join(f"ip6[40 + ((ip6[52] & 0xf0) >> 2):4] = {start}" for start in starts)
    http = f"((ip and tcp and ({four})) or (ip6 and ip6[6] = 6 and ({six})))"
    return f"({user}) and {http}" if user.strip() else http


class Glimpse:
    """The socket."""

    def __init__(self, interface: str, program: bpf.Program) -> None:
        """Open the socket.

        Raises:
            OSError, CaptureError: It cannot be opened.
        """
        protocol = socket.htons(ALL_PROTOCOLS) if interface == ANY else 0
        self._packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, protocol)
        try:
            self._packets.setblocking(False)
            self._packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            held = PacketSocket(self._packets, interface, LENGTH)
            held.reject_all()
            held.attach(program)
            held.bind()
        except (OSError, CaptureError):
            self._packets.close()
            raise

    def read(self) -> Frames:
        """Return what has arrived, at most MOST packets; it never waits."""
        found, now = list[Frame](), time.time()
        with contextlib.suppress(OSError):  # nothing more, or the interface is down
            while len(found) < MOST:
                packet = self._packets.recv(LENGTH)
                found.append(Frame(now, LINKTYPE_RAW, packet, len(packet)))
        return Frames.of(found)

    def close(self) -> None:
        """Close the socket. Closing it twice is harmless."""
        self._packets.close()


def glimpse(interface: str, user: str = "") -> Glimpse | None:
    """Open a glimpse of an interface; None if it is not possible here, or not with the expression of the user."""
    if not packet_socket.available():
        return None
    try:
        return Glimpse(interface, bpf.program(compile_filter(expression(user), LINKTYPE_RAW)))
    except (OSError, CaptureError, BadFilter, LibpcapMissing, bpf.NotForKernelError):
        return None

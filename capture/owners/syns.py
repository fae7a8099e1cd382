"""Sees this host open connections, so that even those that last a millisecond can be looked up.

The ring hands packets over up to 0.13 s later, when such a socket is gone. A second packet socket gets only the first
bytes of the SYNs that this host sends; its filter runs in the kernel and proves the form of the headers.
"""

import array
import socket
import struct
from collections.abc import Container
from contextlib import suppress
from typing import Final

from capture import bpf
from capture.owners.owner import Ends
from capture.packet_socket import ALL_PROTOCOLS, ANY

MOST: Final = 64
"""SYNs taken at a time."""
_BUFFER: Final = 64 * 1024
"""Bytes in the kernel; connections that do not fit are looked up later, like all others."""
_ATTACH_FILTER: Final = 26
_LENGTH: Final = 44
_FOUR: Final = struct.Struct("!12x4s4sHH")
_SIX: Final = struct.Struct("!8x16s16sHH")
_LOAD_HALF, _LOAD_BYTE, _JUMP_EQUAL, _AND, _RETURN = 0x28, 0x30, 0x15, 0x54, 0x06
_PROTOCOL, _PACKET_TYPE = 0xFFFFF000, 0xFFFFF004  # metadata that Linux offers there (linux/filter.h)
_OUTGOING: Final = 4
_TCP, _SYN, _SYN_OR_ACK = 6, 0x02, 0x12


def program() -> bpf.Program:
    """Return the filter: SYNs that this host sends, over IPv4 without options or IPv6 without extensions."""
    four = [
        *_test(_LOAD_BYTE, 0, 0x45),
        *_test(_LOAD_BYTE, 9, _TCP),
        *_test(_LOAD_HALF, 6, 0, mask=0x1FFF),
        *_test(_LOAD_BYTE, 33, _SYN, mask=_SYN_OR_ACK),
        bpf.Instruction(_RETURN, 0, 0, _LENGTH),
    ]
    six = [
        *_test(_LOAD_BYTE, 6, _TCP),
        *_test(_LOAD_BYTE, 53, _SYN, mask=_SYN_OR_ACK),
        bpf.Instruction(_RETURN, 0, 0, _LENGTH),
    ]
    head = [*_test(_LOAD_HALF, _PACKET_TYPE, _OUTGOING), bpf.Instruction(_LOAD_HALF, 0, 0, _PROTOCOL)]
    choice = [
        bpf.Instruction(_JUMP_EQUAL, 2, 0, 0x0800),
        bpf.Instruction(_JUMP_EQUAL, 1 + len(four), 0, 0x86DD),
        bpf.Instruction(_RETURN, 0, 0, 0),
    ]
    return [*head, *choice, *four, *six]


def _test(load: int, place: int, value: int, mask: int = 0) -> bpf.Program:
    """Reject the packet unless the number at a place has a value."""
    masked = [bpf.Instruction(_AND, 0, 0, mask)] if mask else []
    return [
        bpf.Instruction(load, 0, 0, place),
        *masked,
        bpf.Instruction(_JUMP_EQUAL, 1, 0, value),
        bpf.Instruction(_RETURN, 0, 0, 0),
    ]


class Syns:
    """The packet socket."""

    def __init__(self, interface: str, ports: Container[int]) -> None:
        """Open the socket for the connections to `ports`.

        Raises:
            OSError: We may not, or there is no such interface.
        """
        self._ports = ports
        # Protocol 0 receives nothing before the socket is bound; to receive from `any`, it must not be bound.
        protocol = socket.htons(ALL_PROTOCOLS) if interface == ANY else 0
        self._packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, protocol)
        try:
            self._packets.setblocking(False)
            self._packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            steps = array.array("B", bpf.encode(program()))
            address, size = steps.buffer_info()
            self._packets.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", size // 8, address))
            self.forget()
            if interface != ANY:
                self._packets.bind((interface, ALL_PROTOCOLS))
        except OSError:
            self._packets.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor, to wait for packets."""
        return self._packets.fileno()

    def read(self) -> list[Ends]:
        """Return the connections that were opened, at most MOST; it never waits."""
        found: list[Ends] = []
        with suppress(OSError):  # nothing more, or the interface is down
            for _ in range(MOST):
                ends = parsed(self._packets.recv(_LENGTH))
                if ends is not None and ends.server_port in self._ports:
                    found.append(ends)
        return found

    def forget(self) -> None:
        """Discard what has come."""
        with suppress(BlockingIOError):
            while True:
                self._packets.recv(1)

    def close(self) -> None:
        """Close the socket."""
        self._packets.close()


def parsed(packet: bytes) -> Ends | None:
    """Return the ends in a packet that passed the filter; None if it is cut."""
    six = packet[:1] >= b"\x60"
    family, form = (socket.AF_INET6, _SIX) if six else (socket.AF_INET, _FOUR)
    if len(packet) < form.size:
        return None
    source, target, source_port, target_port = form.unpack_from(packet)
    return Ends(socket.inet_ntop(family, source), source_port, socket.inet_ntop(family, target), target_port)

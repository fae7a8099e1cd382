"""What Linux packet sockets (packet(7)) have in common, whoever made them: filter, counters, binding, link state."""

import array
import contextlib
import errno
import socket
import struct
import sys
from typing import Final

from capture import bpf
from capture.errors import UnknownInterface
from capture.interfaces import nearest
from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, LINKTYPE_RAW

ANY: Final = "any"
ALL_PROTOCOLS: Final = 3  # ETH_P_ALL
SOL_PACKET: Final = 263
ADD_MEMBERSHIP: Final = 1
STATISTICS: Final = 6
_PROMISCUOUS: Final = 1
_ATTACH_FILTER: Final = 26
_RECEIVE_BUFFER_FORCE: Final = 33
_GET_FLAGS: Final = 0x8913
_GET_HARDWARE: Final = 0x8927
_UP: Final = 1
_LOOPBACK: Final = 772
_STATISTICS_OF: Final = struct.Struct("=II")
# Hardware types (linux/if_arp.h) whose frames are kept as they are; all others come cooked.
_LINK_TYPES: Final = {1: LINKTYPE_ETHERNET, _LOOPBACK: LINKTYPE_ETHERNET, 519: LINKTYPE_RAW, 65534: LINKTYPE_RAW}


def _interface_request(interface: str, request: int) -> bytes:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = interface.encode("utf-8", "surrogateescape")[:15]
        return fcntl.ioctl(any_socket, request, struct.pack("256s", name))


def index_of(interface: str) -> int:
    """The number of the interface; 0 where there is none of that name."""
    try:
        return socket.if_nametoindex(interface)
    except (OSError, ValueError):
        return 0


def is_up(interface: str) -> bool:
    """Whether the interface exists and is switched on."""
    try:
        (flags,) = struct.unpack_from("=H", _interface_request(interface, _GET_FLAGS), 16)
    except OSError:
        return False
    return bool(flags & _UP)


def hardware_type(interface: str) -> int:
    """The ARPHRD number of the interface; 0 for `any`.

    Raises:
        UnknownInterface: there is none of that name.
    """
    if interface == ANY:
        return 0
    if not index_of(interface):
        raise UnknownInterface(interface, nearest(interface))
    (hardware,) = struct.unpack_from("=H", _interface_request(interface, _GET_HARDWARE), 16)
    return int(hardware)


def link_type(interface: str) -> int:
    """The link type that frames of the interface get: its own, or cooked for `any` and for what we do not know."""
    return _LINK_TYPES.get(hardware_type(interface), LINKTYPE_LINUX_SLL2)


def each_once(interface: str) -> list[bpf.Program]:
    """What has to stand before a filter so that loopback packets are not seen twice."""
    if interface == ANY:
        return [bpf.without_outgoing_loopback()]
    return [bpf.without_outgoing()] if hardware_type(interface) == _LOOPBACK else []


class PacketSocket:
    """A packet socket on one interface or on `any`: keeps its counters and follows the interface through its life."""

    def __init__(self, packets: socket.socket, interface: str, snap_length: int) -> None:
        self.packets = packets
        self.interface = interface
        self.notice = ""
        self._snap_length = snap_length
        self._dropped = 0

    def attach(self, program: bpf.Program) -> None:
        """Put the filter before the socket, and before it what keeps each packet single."""
        parts = [*each_once(self.interface), program]
        steps = array.array("B", bpf.encode(bpf.all_of(parts, self._snap_length)))
        address, size = steps.buffer_info()
        self.packets.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", size // 8, address))

    def reject_all(self) -> None:
        """Let nothing through until `attach`, and throw away what is waiting."""
        steps = array.array("B", bpf.encode(bpf.reject()))
        self.packets.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", 1, steps.buffer_info()[0]))
        with contextlib.suppress(BlockingIOError):
            while True:
                self.packets.recv(1, socket.MSG_DONTWAIT)

    def bind(self) -> None:
        """Start to receive; `any` does so without. Where the interface is down, the socket waits for it."""
        if self.interface == ANY:
            return
        index = index_of(self.interface)
        if not index:
            raise UnknownInterface(self.interface, nearest(self.interface))
        self.packets.bind((self.interface, ALL_PROTOCOLS))
        if hardware_type(self.interface) != _LOOPBACK:
            request = struct.pack("=iHH8s", index, _PROMISCUOUS, 0, b"")
            with contextlib.suppress(OSError):  # some devices have no such mode
                self.packets.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, request)

    def enlarge(self, size: int) -> None:
        """Let the kernel keep `size` bytes for us, where it allows so much."""
        try:
            self.packets.setsockopt(socket.SOL_SOCKET, _RECEIVE_BUFFER_FORCE, size)
        except OSError:
            self.packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def forget_counters(self) -> None:
        """Start to count from here."""
        self.dropped()
        self._dropped = 0

    def fault(self) -> None:
        """Look what an error of the socket was; an interface that went away is a notice, not an end."""
        code = self.packets.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.lost(code)

    def lost(self, code: int) -> None:
        """The socket reported the error `code`."""
        self.notice = f"{self.interface} is down, waiting for it"
        if code not in (errno.ENETDOWN, errno.ENODEV, errno.ENXIO):
            self.notice = f"{self.interface}: {errno.errorcode.get(code, code)}, waiting for it"

    def recover(self) -> None:
        """Take the notice back once the interface is up again; follow it if it was made anew."""
        if self.interface != ANY:
            if not is_up(self.interface):
                return
            try:
                if self.packets.getsockname()[0] != self.interface:
                    self.bind()
            except (OSError, UnknownInterface):
                return
        self.notice = ""

    def dropped(self) -> int:
        """Frames that the kernel threw away since the socket was opened. It counts from the last time it was asked."""
        with contextlib.suppress(OSError):
            reading = self.packets.getsockopt(SOL_PACKET, STATISTICS, 12)
            self._dropped += _STATISTICS_OF.unpack_from(reading)[1]
        return self._dropped


def available() -> bool:
    """Whether this system has packet sockets."""
    return sys.platform == "linux" and hasattr(socket, "AF_PACKET")

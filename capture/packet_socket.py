"""The common part of all Linux packet sockets (packet(7)): filter, counters, binding and link state."""

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
_GET_INDEX: Final = 0x8933
_GET_FLAGS: Final = 0x8913
_GET_HARDWARE: Final = 0x8927
_UP: Final = 1
_LOOPBACK: Final = 772
_STATISTICS_OF: Final = struct.Struct("=II")
# Hardware types (linux/if_arp.h) whose frames are captured unchanged; all others are cooked.
_LINK_TYPES: Final = {1: LINKTYPE_ETHERNET, _LOOPBACK: LINKTYPE_ETHERNET, 519: LINKTYPE_RAW, 65534: LINKTYPE_RAW}


def _interface_request(interface: str, request: int, through: socket.socket | None = None) -> bytes:
    """Ask through any socket: see netdevice(7). Once we are locked down, no new one can be made."""
    import fcntl

    name = struct.pack("256s", interface.encode("utf-8", "surrogateescape")[:15])
    if through is not None:
        return fcntl.ioctl(through, request, name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        return fcntl.ioctl(any_socket, request, name)


def index_of(interface: str, through: socket.socket | None = None) -> int:
    """Return the index of the interface; 0 if it does not exist."""
    if "\0" in interface:  # the kernel would read only what is before it
        return 0
    try:
        (index,) = struct.unpack_from("=i", _interface_request(interface, _GET_INDEX, through), 16)
    except OSError:
        return 0
    return int(index)


def is_up(interface: str, through: socket.socket | None = None) -> bool:
    """Return whether the interface exists and is up."""
    try:
        (flags,) = struct.unpack_from("=H", _interface_request(interface, _GET_FLAGS, through), 16)
    except OSError:
        return False
    return bool(flags & _UP)


def hardware_type(interface: str, through: socket.socket | None = None) -> int:
    """Return the ARPHRD number of the interface; 0 for `any`.

    Raises:
        UnknownInterface: There is no interface of that name.
    """
    if interface == ANY:
        return 0
    if not index_of(interface, through):
        raise UnknownInterface(interface, nearest(interface))
    (hardware,) = struct.unpack_from("=H", _interface_request(interface, _GET_HARDWARE, through), 16)
    return int(hardware)


def link_type(interface: str) -> int:
    """Return the link type of frames of the interface: its own, or cooked for `any` and unknown hardware."""
    return _LINK_TYPES.get(hardware_type(interface), LINKTYPE_LINUX_SLL2)


def each_once(interface: str) -> list[bpf.Program]:
    """Return the programs that must precede a filter so that loopback packets are not captured twice."""
    if interface == ANY:
        return [bpf.without_outgoing_loopback()]
    return [bpf.without_outgoing()] if hardware_type(interface) == _LOOPBACK else []


class PacketSocket:
    """A packet socket on one interface or on `any`. It keeps counters and survives the interface going away."""

    def __init__(self, packets: socket.socket, interface: str, snap_length: int) -> None:
        self.packets = packets
        self.interface = interface
        self.warning = ""
        self._snap_length = snap_length
        self._dropped = 0

    def attach(self, program: bpf.Program) -> None:
        """Attach the filter, preceded by the programs that prevent duplicates."""
        parts = [*each_once(self.interface), program]
        steps = array.array("B", bpf.encode(bpf.all_of(parts, self._snap_length)))
        address, size = steps.buffer_info()
        self.packets.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", size // 8, address))

    def reject_all(self) -> None:
        """Reject everything until `attach`, and discard what is queued."""
        steps = array.array("B", bpf.encode(bpf.reject()))
        self.packets.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", 1, steps.buffer_info()[0]))
        with contextlib.suppress(BlockingIOError):
            while True:
                self.packets.recv(1, socket.MSG_DONTWAIT)

    def bind(self) -> None:
        """Start to receive, which `any` does without binding. If the interface is down, wait for it."""
        if self.interface == ANY:
            return
        index = index_of(self.interface, self.packets)
        if not index:
            raise UnknownInterface(self.interface, nearest(self.interface))
        self.packets.bind((self.interface, ALL_PROTOCOLS))
        if hardware_type(self.interface, self.packets) != _LOOPBACK:
            request = struct.pack("=iHH8s", index, _PROMISCUOUS, 0, b"")
            with contextlib.suppress(OSError):  # some devices have no promiscuous mode
                self.packets.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, request)

    def enlarge(self, size: int) -> None:
        """Enlarge the receive buffer to `size` bytes, as far as the kernel allows."""
        try:
            self.packets.setsockopt(socket.SOL_SOCKET, _RECEIVE_BUFFER_FORCE, size)
        except OSError:
            self.packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def forget_counters(self) -> None:
        """Reset the counter of dropped frames."""
        self.dropped()
        self._dropped = 0

    def fault(self) -> None:
        """Check the pending socket error; an interface that went away is a warning, not an end."""
        code = self.packets.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.lost(code)

    def lost(self, code: int) -> None:
        """Handle the socket error `code`."""
        self.warning = f"{self.interface} is down; waiting for it"
        if code not in (errno.ENETDOWN, errno.ENODEV, errno.ENXIO):
            self.warning = f"{self.interface}: {errno.errorcode.get(code, code)}; waiting for it"

    def recover(self) -> None:
        """Clear the warning once the interface is up again; bind anew if it was re-created."""
        if self.interface != ANY:
            if not is_up(self.interface, self.packets):
                return
            try:
                if self.packets.getsockname()[0] != self.interface:
                    self.bind()
            except (OSError, UnknownInterface):
                return
        self.warning = ""

    def dropped(self) -> int:
        """Return the frames that the kernel has dropped since the socket was opened; the kernel resets its count when
        read.
        """
        with contextlib.suppress(OSError):
            reading = self.packets.getsockopt(SOL_PACKET, STATISTICS, 12)
            self._dropped += _STATISTICS_OF.unpack_from(reading)[1]
        return self._dropped


def available() -> bool:
    """Return whether this system has packet sockets."""
    return sys.platform == "linux" and hasattr(socket, "AF_PACKET")

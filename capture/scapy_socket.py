"""Captures raw frames with Scapy's listening socket, on every system that Scapy supports; nothing is dissected.

On Linux it is an ordinary packet socket, so filter, counters and recovery are those of `packet_socket`.
"""

import contextlib
import os
import struct
import threading
import time
from typing import Any, Final

from capture.errors import CaptureError, PermissionDenied, UnknownInterface
from capture.interfaces import nearest
from capture.kernel_filter import KernelFilter
from capture.packet_socket import PacketSocket, available
from capture.packet_socket import link_type as packet_link_type
from capture.source import Counters
from traffic.frame import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, LINKTYPE_NULL, LINKTYPE_RAW, Frame
from traffic.frames import Frames

BATCH: Final = 512
BUFFER: Final = 2**23  # bytes; Scapy's default has room for only a few large frames
WAIT: Final = 0.1
LONGEST_DELAY: Final = 0.2
_GET_LINK_TYPE: Final = 0x4004426A  # BIOCGDLT of BSD systems
_RAW_TYPES: Final = (12, 14)


def guess_link_type(interface: str) -> int:
    """Guess the link type of the interface, for a filter that is compiled before the interface is opened."""
    if available():
        return packet_link_type(interface)
    return LINKTYPE_NULL if interface.startswith(("lo", "utun", "\\Device\\NPF_Loopback")) else LINKTYPE_ETHERNET


class ScapySocket:
    """A live source on any system."""

    live: Final = True

    def __init__(self, interface: str, chosen: KernelFilter, snap_length: int) -> None:
        """Open the socket and attach the filter.

        Raises:
            PermissionDenied, UnknownInterface: The capture is not allowed, or there is no such interface.
            CaptureError: The system refused for any other reason.
        """
        self.name = interface
        self._snap_length = snap_length
        self._packet_socket: PacketSocket | None = None
        self._warning = ""
        self._socket = _open(interface, "" if available() else chosen.expression)
        try:
            if available():
                self._packet_socket = PacketSocket(self._socket.ins, interface, snap_length)
                self._packet_socket.enlarge(BUFFER)
                self._packet_socket.reject_all()
                self._packet_socket.forget_counters()
                self._packet_socket.attach(chosen.program)
            self.link_type = _link_type(self._socket, interface)
        except BaseException:
            self._socket.close()
            raise
        self._lock = threading.Lock()
        self._closed = False
        self._received = 0
        self._dropped = 0
        self._clock = 0.0

    @property
    def warning(self) -> str:
        """A sentence while the interface is unavailable, otherwise empty."""
        return self._packet_socket.warning if self._packet_socket else self._warning

    def read(self) -> Frames | None:
        """Return up to a few hundred available frames; empty if nothing arrived within 0.1 s."""
        with self._lock:
            if self._closed:
                return None
            if self._packet_socket and self._packet_socket.warning:
                self._packet_socket.recover()
            asked = time.time()
            frames = self._receive()
            self._received += len(frames)
            self._clock = frames[-1].time if frames else asked - LONGEST_DELAY
            return Frames.of(frames)

    def counters(self) -> Counters:
        """Return the frames handed over and, if the system counts them, those dropped because the socket was full."""
        if self._packet_socket and not self._closed:
            self._dropped = self._packet_socket.dropped()
        return Counters(self._received, self._dropped)

    def clock(self) -> float:
        """Return the time of the latest frame or, while idle, slightly less than the wall clock."""
        return self._clock

    def position(self) -> None:
        """Return None: a live capture has no position."""

    def close(self) -> None:
        """Close the socket; the counters stay."""
        with self._lock:
            if self._closed:
                return
            self.counters()
            self._closed = True
            self._socket.close()

    def _receive(self) -> list[Frame]:
        frames: list[Frame] = []
        while len(frames) < BATCH and self._socket.select([self._socket], 0 if frames else WAIT):
            try:
                _, frame, moment = self._socket.recv_raw(self._snap_length)
            except BlockingIOError:
                break
            except OSError as reason:
                self._fault(reason)
                break
            if not frame:
                self._silent(bool(frames))
                break
            self._warning = ""
            frames.append(Frame(float(moment), self.link_type, frame, len(frame)))
        return frames

    def _silent(self, after_frames: bool) -> None:
        """Handle a socket that was ready but returned nothing, as it keeps doing if the interface is unavailable."""
        if not after_frames:
            self._warning = f"no packets from {self.name}; is it up?"
            time.sleep(WAIT)

    def _fault(self, reason: OSError) -> None:
        if not self._packet_socket:
            raise CaptureError(f"cannot capture on {self.name}: {reason.strerror or reason}") from reason
        self._packet_socket.lost(reason.errno or 0)


def _open(interface: str, expression: str) -> Any:
    import scapy.layers.l2  # noqa: F401 - without it, Scapy does not know what an Ethernet interface is
    from scapy.config import conf
    from scapy.error import Scapy_Exception

    known = nearest(interface)
    if interface not in known:
        raise UnknownInterface(interface, known)
    listen: Any = conf.L2listen
    try:
        return _unblocked(listen(iface=interface, promisc=True, filter=expression or None))
    except PermissionError:
        raise PermissionDenied(interface) from None
    except (OSError, Scapy_Exception, ValueError, RuntimeError) as reason:
        text = " ".join(str(reason).split())
        if "permission" in text.lower() or "/dev/bpf" in text:
            raise PermissionDenied(interface) from reason
        raise CaptureError(f"cannot capture on {interface}: {text}") from reason


def _unblocked(listening: Any) -> Any:
    """Make the socket never wait for a frame; libpcap and BSD sockets otherwise may, even when ready."""
    if hasattr(listening, "pcap_fd"):
        listening.pcap_fd.setnonblock(True)
    elif hasattr(listening, "bpf_fd"):
        listening.set_nonblock(True)
    return listening


def _link_type(listening: Any, interface: str) -> int:
    """Return the link type of an open Scapy socket, queried as each system requires."""
    if available():
        kind = packet_link_type(interface)
        if kind == LINKTYPE_LINUX_SLL2:
            raise CaptureError(f"cannot capture on {interface}: unknown hardware type")
        return kind
    kind = LINKTYPE_ETHERNET
    if hasattr(listening, "pcap_fd"):
        kind = listening.pcap_fd.datalink()
    elif hasattr(listening, "bpf_fd") and os.name == "posix":
        import fcntl

        with contextlib.suppress(OSError):
            (kind,) = struct.unpack("=I", fcntl.ioctl(listening.bpf_fd, _GET_LINK_TYPE, b"\0" * 4))
    return LINKTYPE_RAW if kind in _RAW_TYPES else int(kind)

"""Captures frames with a memory-mapped ring of blocks (TPACKET_V3, see packet_mmap.rst of the kernel).

The kernel hands a block over when it is full or `RETIRE` seconds old; its frames are copied and the block is given
back. The filter is attached before the socket is bound, so it sees every frame.
"""

import mmap
import select
import socket
import struct
import threading
import time
from typing import Final

from capture import block, bpf
from capture.errors import CaptureError, PermissionDenied, RingUnavailable
from capture.packet_socket import ALL_PROTOCOLS, ANY, SOL_PACKET, PacketSocket, link_type
from capture.source import Counters
from traffic.frame import LINKTYPE_LINUX_SLL2
from traffic.frames import Frames

BLOCK_SIZE: Final = 2**18
RETIRE: Final = 0.064
POLL: Final = 0.1
# A block closes one to two periods after its first frame; the rest is for the kernel's timer and for reading.
LONGEST_DELAY: Final = 2 * RETIRE + 0.1

_VERSION: Final = 10
_RX_RING: Final = 5
_TPACKET_V3: Final = 2
_FRAME_SIZE: Final = 2048
_USER: Final = 1

_REQUEST: Final = struct.Struct("=7I")
_STATUS: Final = struct.Struct("=I")
_LENGTH: Final = struct.Struct("=20xI")  # bytes in use of a block


class Ring:
    """A live source on Linux. `interface` may be `any`; its frames have a cooked header."""

    live: Final = True

    def __init__(self, interface: str, program: bpf.Program, size_mib: int, snap_length: int) -> None:
        """Open the socket, attach the filter, map the ring and bind.

        Raises:
            PermissionDenied, UnknownInterface: The capture is not allowed, or there is no such interface.
            RingUnavailable: The system refused for any other reason.
        """
        self.name = interface
        self.link_type = link_type(interface)
        packets = _open_socket(interface, self.link_type == LINKTYPE_LINUX_SLL2)
        self._socket = PacketSocket(packets, interface, snap_length)
        try:
            self._socket.attach(program)
            self._memory = _map_ring(packets, size_mib * 2**20)
            self._socket.forget_counters()
            self._socket.bind()
        except OSError as reason:
            packets.close()
            raise RingUnavailable(reason) from reason
        except CaptureError:
            packets.close()
            raise
        self._blocks = len(self._memory) // BLOCK_SIZE
        self._next = 0
        self._poll = select.poll()
        self._poll.register(packets, select.POLLIN | select.POLLERR)
        self._lock = threading.Lock()
        self._closed = False
        self._received = 0
        self._dropped = 0
        self._clock = 0.0

    @property
    def warning(self) -> str:
        """A sentence while the interface is unavailable, otherwise empty."""
        return self._socket.warning

    def read(self) -> Frames | None:
        """Return the frames of the next block; empty if none was handed over within 0.1 s."""
        with self._lock:
            if self._closed:
                return None
            asked = time.time()
            ready = self._ready()
            if not ready:
                ready = self._wait()
            if not ready:
                self._clock = asked - LONGEST_DELAY
                return Frames(b"")
            return self._take()

    def counters(self) -> Counters:
        """Return the frames handed over, and those dropped because the ring was full."""
        if not self._closed:
            self._dropped = self._socket.dropped()
        return Counters(self._received, self._dropped)

    def clock(self) -> float:
        """Return the time of the latest frame or, while idle, the wall clock minus the longest delay."""
        return self._clock

    def position(self) -> None:
        """Return None: a live capture has no position."""

    def close(self) -> None:
        """Unmap the ring; the counters stay."""
        with self._lock:
            if self._closed:
                return
            self._dropped = self._socket.dropped()
            self._closed = True
            self._memory.close()
            self._socket.packets.close()

    def _ready(self) -> bool:
        return bool(_STATUS.unpack_from(self._memory, self._next * BLOCK_SIZE + 8)[0] & _USER)

    def _wait(self) -> bool:
        if self._socket.warning:
            self._socket.recover()
        for _, events in self._poll.poll(POLL * 1000):
            if events & ~select.POLLIN:
                self._socket.fault()
        return self._ready()

    def _take(self) -> Frames:
        start = self._next * BLOCK_SIZE
        (length,) = _LENGTH.unpack_from(self._memory, start)
        with memoryview(self._memory) as memory, memory[start : start + length] as filled:
            frames = block.frames(filled, self.link_type)
        _STATUS.pack_into(self._memory, start + 8, 0)
        self._next = (self._next + 1) % self._blocks
        self._received += len(frames)
        if frames:
            self._clock = float(frames.times[-1])
        return frames


def _open_socket(interface: str, cooked: bool) -> socket.socket:
    # Protocol 0 receives nothing before the socket is bound. `any` cannot be bound by name: such a socket receives from
    # the start, and packets that precede the filter are discarded when the ring is set up.
    protocol = socket.htons(ALL_PROTOCOLS) if interface == ANY else 0
    try:
        return socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM if cooked else socket.SOCK_RAW, protocol)
    except PermissionError:
        raise PermissionDenied("all interfaces" if interface == ANY else interface) from None
    except OSError as reason:
        raise RingUnavailable(reason) from reason


def _map_ring(packets: socket.socket, size: int) -> mmap.mmap:
    blocks = size // BLOCK_SIZE
    frames = blocks * (BLOCK_SIZE // _FRAME_SIZE)
    packets.setsockopt(SOL_PACKET, _VERSION, _TPACKET_V3)
    request = _REQUEST.pack(BLOCK_SIZE, blocks, _FRAME_SIZE, frames, int(RETIRE * 1000), 0, 0)
    packets.setsockopt(SOL_PACKET, _RX_RING, request)
    return mmap.mmap(packets.fileno(), blocks * BLOCK_SIZE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)

"""Frames of a TPACKET_V3 ring block (linux/if_packet.h), extracted from a copy of its bytes.

The kernel removes VLAN tags from frames, and the whole link-layer header for a cooked socket, and stores them beside
each frame. The core, or this module, puts both back.
"""

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np

from capture.core import CORE
from traffic.frame import LINKTYPE_LINUX_SLL2, Frame
from traffic.frames import Frames

_VLAN_VALID: Final = 1 << 4
_TPID_VALID: Final = 1 << 6
_VLAN_TPID: Final = 0x8100
_ADDRESSES: Final = 12
"""Bytes of an Ethernet header before a VLAN tag."""

_START: Final = struct.Struct("=12x2I")  # number of frames, offset of the first
_HEADER: Final = struct.Struct("=6IH")  # next, seconds, nanoseconds, captured, length, status, offset of the frame
_TAG: Final = struct.Struct("=20xI8xIH")  # status, VLAN tag and its protocol
_ADDRESS: Final = struct.Struct("=48x2x2siHBB8s")  # protocol, interface, hardware, packet type, address length, address
_COOKED: Final = struct.Struct(">2s2xiHBB8s")


def frames(block: bytes | memoryview, link_type: int) -> Frames:
    """Return the frames of a block as they were on the wire. With LINKTYPE_LINUX_SLL2, each gets a cooked header built
    from its socket address. The block may be the kernel's own memory, because it is copied.
    """
    if CORE is None:
        return Frames.of(_read(bytes(block), link_type))
    copy, index = CORE.ring_frames(np.frombuffer(block, np.uint8), cooked=link_type == LINKTYPE_LINUX_SLL2)
    return Frames.indexed(copy, index, link_type)


def _read(block: bytes, link_type: int) -> Iterator[Frame]:
    """Yield the frames up to the first invalid record."""
    put_together = _cooked if link_type == LINKTYPE_LINUX_SLL2 else _tagged
    count, place = _START.unpack(block[: _START.size].ljust(_START.size, b"\0"))
    for _ in range(count):
        if place + _ADDRESS.size > len(block):
            return
        step, seconds, nanoseconds, captured, length, _, offset = _HEADER.unpack_from(block, place)
        stop = place + offset + captured
        if offset < _ADDRESS.size or stop > len(block) or 0 < step < offset + captured:
            return
        frame = put_together(block, place, block[place + offset : stop])
        yield Frame(seconds + nanoseconds / 1e9, link_type, frame, length + len(frame) - captured)
        if not step:
            return
        place += step


def _tagged(block: bytes, place: int, frame: bytes) -> bytes:
    return frame[:_ADDRESSES] + b"".join(_tag(block, place)) + frame[_ADDRESSES:]


def _cooked(block: bytes, place: int, packet: bytes) -> bytes:
    protocol, *address = _ADDRESS.unpack_from(block, place)
    if tag := _tag(block, place):
        packet = tag[1] + protocol + packet
        protocol = tag[0]
    return _COOKED.pack(protocol, *address) + packet


def _tag(block: bytes, place: int) -> tuple[bytes, ...]:
    """Return the protocol and value of the VLAN tag that the kernel removed; nothing if there was none."""
    status, value, protocol = _TAG.unpack_from(block, place)
    if not status & _VLAN_VALID:
        return ()
    protocol = protocol if status & _TPID_VALID else _VLAN_TPID
    return protocol.to_bytes(2, "big"), (value & 0xFFFF).to_bytes(2, "big")

"""Blocks of a TPACKET_V3 ring: the frames of one, out of a copy of its bytes (linux/if_packet.h)."""

import struct
from typing import Final

from capture.core import CORE
from traffic.frame import LINKTYPE_LINUX_SLL2
from traffic.frames import Frames

_VLAN_VALID: Final = 1 << 4
_TPID_VALID: Final = 1 << 6
_VLAN_TPID: Final = 0x8100
_ADDRESSES: Final = 12
"""Bytes of an Ethernet header before a tag."""

_START: Final = struct.Struct("=12x2I")  # frames, offset of the first
_HEADER: Final = struct.Struct("=6IH")  # next, seconds, nanoseconds, captured, length, status, where the frame starts
_TAG: Final = struct.Struct("=32xIH")  # tag and its protocol
_ADDRESS: Final = struct.Struct("=48x2x2siHBB8s")  # protocol, interface, hardware, packet type, address length, address
_COOKED: Final = struct.Struct(">2s2xiHBB8s")


def frames(block: bytes, link_type: int) -> Frames:
    """The frames of a block, as they were on the wire."""
    index = None if CORE is None else CORE.ring_frames(block)
    return _frames(block, link_type) if index is None else Frames.indexed(block, index, link_type)


def _frames(block: bytes, link_type: int) -> Frames:
    found, tagged, behind = Frames(block), list[bytes](), len(block)
    count, place = _START.unpack_from(block)
    for _ in range(count):
        step, seconds, nanoseconds, captured, length, status, offset = _HEADER.unpack_from(block, place)
        start = place + offset
        stop = start + captured
        if status & _VLAN_VALID:  # the kernel took the tag out of the frame: one with it follows the block
            tag = _tag(block, place)
            tagged += (block[start : start + _ADDRESSES], tag, block[start + _ADDRESSES : stop])
            length += len(tag)
            start, behind = behind, behind + captured + len(tag)
            stop = behind
        found.add(seconds + nanoseconds / 1e9, link_type, start, stop, length)
        place += step
    found.buffer = block + b"".join(tagged)
    return found


def cooked_frames(block: bytes) -> Frames:
    """The frames of a block, each with a cooked header made of its socket address."""
    found, parts, behind = Frames(b""), list[bytes](), 0
    count, place = _START.unpack_from(block)
    for _ in range(count):
        step, seconds, nanoseconds, captured, length, status, offset = _HEADER.unpack_from(block, place)
        protocol, *rest = _ADDRESS.unpack_from(block, place)
        start = place + offset
        payload = block[start : start + captured]
        if status & _VLAN_VALID:
            tag = _tag(block, place)
            payload = tag[2:] + protocol + payload
            protocol = tag[:2]
            length += len(tag)
        frame = _COOKED.pack(protocol, *rest) + payload
        parts.append(frame)
        found.add(seconds + nanoseconds / 1e9, LINKTYPE_LINUX_SLL2, behind, behind + len(frame), length + _COOKED.size)
        behind += len(frame)
        place += step
    found.buffer = b"".join(parts)
    return found


def _tag(block: bytes, place: int) -> bytes:
    tag, protocol = _TAG.unpack_from(block, place)
    status = _HEADER.unpack_from(block, place)[5]
    return struct.pack(">HH", protocol if status & _TPID_VALID else _VLAN_TPID, tag & 0xFFFF)

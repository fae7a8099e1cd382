"""Builds ring blocks as the kernel lays them out (linux/if_packet.h), from frames as they were on the wire."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from traffic.frame import LINKTYPE_LINUX_SLL2, Frame

VLAN_VALID = 1 << 4
TPID_VALID = 1 << 6
SENDER = bytes.fromhex("0200000000010000")
INTERFACE, LOOPBACK, OUTGOING = 3, 772, 4
_HEADER = struct.Struct("=6IH6xIH10x")
_ADDRESS = struct.Struct("=H2siHBB8s")


class Record(NamedTuple):
    """A frame as the kernel delivers it."""

    time: float
    data: bytes
    length: int
    offset: int
    """Offset of its bytes."""
    protocol: bytes
    """EtherType of the remaining frame."""
    tag: bytes = b""
    """The VLAN tag that was removed: protocol and value."""


def of_wire(frame: Frame, cooked: bool = False) -> Record:
    """Convert an Ethernet frame as a socket does: remove the outer tag or, if cooked, everything before IP."""
    data, tag, left = frame.data, b"", frame.length
    if data[12:14] in (b"\x81\x00", b"\x88\xa8"):
        data, tag, left = data[:12] + data[16:], data[12:16], left - 4
    protocol = data[12:14]
    if cooked:
        return Record(frame.time, data[14:], left - 14, 96, protocol, tag)
    return Record(frame.time, data, left, 82, protocol, tag)


def block(records: Sequence[Record]) -> bytes:
    """Build a block of these records."""
    parts = [_record(record, number + 1 == len(records)) for number, record in enumerate(records)]
    return struct.pack("=12x2I28x", len(records), 48) + b"".join(parts)


def cooked_header(protocol: bytes) -> bytes:
    """Build the LINKTYPE_LINUX_SLL2 header that all frames here have."""
    return protocol + struct.pack(">2xiHBB", INTERFACE, LOOPBACK, OUTGOING, 6) + SENDER


def cooked_frame(frame: Frame) -> Frame:
    """Return the expected frame for a cooked record of an Ethernet frame."""
    data = cooked_header(frame.data[12:14]) + frame.data[14:]
    return Frame(frame.time, LINKTYPE_LINUX_SLL2, data, frame.length + 6)


def _record(record: Record, last: bool) -> bytes:
    size = -(-(record.offset + len(record.data)) // 8) * 8
    seconds, nanoseconds = divmod(round(record.time * 1e9), 10**9)
    protocol, tag = (int.from_bytes(record.tag[:2], "big"), int.from_bytes(record.tag[2:], "big"))
    status = 1 | (VLAN_VALID if tag or protocol else 0) | (TPID_VALID if protocol else 0)
    head = (0 if last else size, seconds, nanoseconds, len(record.data), record.length, status, record.offset)
    address = _ADDRESS.pack(17, record.protocol, INTERFACE, LOOPBACK, OUTGOING, 6, SENDER)
    return (_HEADER.pack(*head, tag, protocol) + address).ljust(record.offset, b"\0") + record.data.ljust(
        size - record.offset, b"\0"
    )

"""pcapng files (draft-ietf-opsawg-pcapng): sections of either byte order, and interfaces with their own clocks.

Blocks with keys are kept for whoever reads `keys`; other blocks without frames are skipped.
"""

import struct
from collections.abc import Iterator
from itertools import takewhile
from typing import Final, NamedTuple

from capture.bytestream import ByteStream
from capture.core import CORE
from capture.errors import CaptureError
from capture.file import CaptureFile
from capture.keys.embedded import EmbeddedKeys
from capture.pcapng_blocks import (
    INTERFACE,
    LONGEST_BLOCK,
    OLD_PACKET,
    PACKET,
    RESOLUTION,
    SECRETS,
    SECTION,
    SIMPLE_PACKET,
    TIME_OFFSET,
    byte_order,
)
from traffic.frames import Frames

HEADER_LENGTH: Final = 28
_MOST_INTERFACES: Final = 65536
_EXACT: Final = 2**53
"""Maximum ticks per second that a float can resolve."""


class _Interface(NamedTuple):
    """The content of an interface description block."""

    link_type: int
    snap_length: int
    per_second: int
    """Ticks per second of its clock."""
    offset: int
    """Offset to add to its clock, in seconds."""


class _Content(NamedTuple):
    """The packet data of a block."""

    start: int
    """Index of its first byte in the buffer."""
    end: int
    """Index after the last byte of the block that it may use."""
    captured: int
    """Captured length of the frame in bytes."""
    length: int
    """Length of the frame on the wire in bytes."""


class _BlockError(ValueError):
    """The block is invalid."""


class PcapngFile(CaptureFile):
    """A source that reads a pcapng file."""

    def __init__(self, name: str, stream: ByteStream, start: bytes) -> None:
        """`start` holds the first bytes of the file, at least its first block header.

        Raises:
            CaptureError: It does not start with a section.
        """
        super().__init__(name, stream, start)
        if not byte_order(start):
            raise CaptureError(f"{stream.name} is not a capture file (its first pcapng section is invalid)")
        self.keys = EmbeddedKeys(stream.plain_file)
        self._interfaces: list[_Interface] = []
        self._use(byte_order(start))

    def close(self) -> None:
        """Close the file and its keys."""
        super().close()
        self.keys.close()

    def _use(self, order: str) -> None:
        """Switch to a byte order."""
        self._order = order
        self._head = struct.Struct(order + "II")
        self._packet = struct.Struct(order + "7I")
        self._length = struct.Struct(order + "I")
        self._old_packet = struct.Struct(order + "8xHHIIII")

    def _parse(self) -> Frames:
        frames = self._packet_blocks()
        try:
            while not (CORE and frames) and self._next_block(frames):
                frames = frames or self._packet_blocks()
        except _BlockError as damage:
            self._broken(str(damage), self._position)
        return frames

    def _packet_blocks(self) -> Frames:
        """Let the core read packet blocks up to a block of another kind."""
        if CORE is None:
            return Frames(self._buffer)
        known = takewhile(lambda interface: interface.per_second <= _EXACT, self._interfaces)
        index, links = CORE.pcapng_frames(
            self._buffer,
            self._position,
            little_endian=self._order == "<",
            interfaces=[(interface.link_type, interface.per_second, interface.offset) for interface in known],
        )
        *_, self._position, _ = index
        return Frames.indexed(self._buffer, index, links) if len(links) else Frames(self._buffer)

    def _next_block(self, frames: Frames) -> bool:
        """Read one block; return False if it is incomplete."""
        start, end = self._position, len(self._buffer)
        if start + 12 > end:
            return False
        kind, length = self._head.unpack_from(self._buffer, start)
        if kind == SECTION:
            length = self._section()
        if length < 12 or length > LONGEST_BLOCK or length % 4:
            raise _BlockError(f"invalid block length {length:,}")
        if start + length <= end:
            self._block(kind, start + length, frames)
            self._position += length
        return bool(start + length <= end)

    def _section(self) -> int:
        """Start a new section, possibly in the other byte order; return the length of its header block."""
        order = byte_order(self._buffer[self._position : self._position + 12])
        if not order:
            raise _BlockError("unknown byte order of a section")
        self._use(order)
        self._interfaces = []
        (_, length) = self._head.unpack_from(self._buffer, self._position)
        return int(length)

    def _block(self, kind: int, end: int, frames: Frames) -> None:
        """Handle a complete block that ends before index `end`."""
        start = self._position
        if self._length.unpack_from(self._buffer, end - 4)[0] != end - start:
            raise _BlockError("block lengths differ")
        if kind == PACKET and end - start >= 32:
            _, _, interface, high, low, captured, length = self._packet.unpack_from(self._buffer, start)
            self._add_frame(frames, interface, high << 32 | low, _Content(start + 28, end - 4, captured, length))
        elif kind == INTERFACE and end - start >= 20:
            self._add_interface(self._buffer[start + 8 : end - 4])
        elif kind == SIMPLE_PACKET and end - start >= 16:
            self._add_simple(frames, start, end)
        elif kind == SECRETS:
            self.keys.add(self._buffer[start + 8 : end - 4], self._order)
        elif kind == OLD_PACKET and end - start >= 32:
            interface, _, high, low, captured, length = self._old_packet.unpack_from(self._buffer, start)
            self._add_frame(frames, interface, high << 32 | low, _Content(start + 28, end - 4, captured, length))
        elif kind in (PACKET, INTERFACE, SIMPLE_PACKET, OLD_PACKET):
            raise _BlockError("block too short")

    def _add_frame(self, frames: Frames, interface: int, ticks: int, content: _Content) -> None:
        start, end, captured, length = content
        if interface >= len(self._interfaces):
            raise _BlockError(f"frame of undescribed interface {interface}")
        if start + captured > end:
            raise _BlockError(f"invalid frame length {captured:,}")
        link_type, _, per_second, offset = self._interfaces[interface]
        seconds, rest = divmod(ticks, per_second)
        frames.add(offset + seconds + rest / per_second, link_type, start, start + captured, length)

    def _add_simple(self, frames: Frames, start: int, end: int) -> None:
        """Read a frame without a time; it gets the time of the frame before it."""
        if not self._interfaces:
            raise _BlockError("frame before any interface")
        (length,) = struct.unpack_from(self._order + "I", self._buffer, start + 8)
        interface = self._interfaces[0]
        captured = min(length, interface.snap_length or length, end - 4 - start - 12)
        time = frames.times[-1] if frames.times else self._clock
        frames.add(time, interface.link_type, start + 12, start + 12 + captured, length)

    def _add_interface(self, body: bytes) -> None:
        if len(self._interfaces) >= _MOST_INTERFACES:
            raise _BlockError("too many interfaces")
        link_type, snap_length = struct.unpack_from(self._order + "H2xI", body)
        per_second, offset = 10**6, 0
        for code, value in self._options(body[8:]):
            if code == RESOLUTION and len(value) == 1:
                per_second = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
            elif code == TIME_OFFSET and len(value) == 8:
                (offset,) = struct.unpack(self._order + "q", value)
        self._interfaces.append(_Interface(link_type, snap_length, per_second, offset))

    def _options(self, body: bytes) -> Iterator[tuple[int, bytes]]:
        place = 0
        while place + 4 <= len(body):
            code, length = struct.unpack_from(self._order + "HH", body, place)
            if code == 0:
                return
            yield code, body[place + 4 : place + 4 + length]
            place += 4 + (length + 3) // 4 * 4

"""pcap files (draft-ietf-opsawg-pcap): micro- and nanoseconds, both byte orders, and a variant with longer records."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from librt.strings import read_i64_be, read_i64_le

from capture.bytestream import ByteStream
from capture.errors import CaptureError
from capture.file import LONGEST_FRAME, CaptureFile
from traffic.frames import Frames

if TYPE_CHECKING:
    from mypy_extensions import i64

MICROSECONDS: Final = 0xA1B2C3D4
NANOSECONDS: Final = 0xA1B23C4D
MODIFIED: Final = 0xA1B2CD34  # Kuznetzov's: 8 more bytes in each record header
HEADER_LENGTH: Final = 24
_LONGEST_EVER: Final = 2**24
_MASK: Final = 0xFFFFFFFF


def byte_order(start: bytes) -> str:
    """`<` or `>` if the bytes are the start of a pcap file, else empty."""
    for order in "<>":
        if len(start) >= 4 and struct.unpack_from(order + "I", start)[0] in (MICROSECONDS, NANOSECONDS, MODIFIED):
            return order
    return ""


class PcapFile(CaptureFile):
    """A source that reads a pcap file."""

    def __init__(self, name: str, stream: ByteStream, start: bytes) -> None:
        """`start`: the first bytes of the file, at least its header.

        Raises:
            CaptureError: the header is cut off.
        """
        super().__init__(name, stream, start)
        if len(start) < HEADER_LENGTH:
            raise CaptureError(f"{stream.name} is no capture: its header is cut off after {len(start)} bytes")
        order = byte_order(start)
        magic, _, _, _, _, snap_length, network = struct.unpack_from(order + "IHHiIII", start)
        self.link_type: int = network & 0xFFFF  # the upper bits tell of checksums that follow each frame
        self._per_second = 1e9 if magic == NANOSECONDS else 1e6
        self._little_endian = order == "<"
        self._header = 24 if magic == MODIFIED else 16
        self._longest = max(LONGEST_FRAME, min(snap_length, _LONGEST_EVER))
        self._position = HEADER_LENGTH

    def _parse(self) -> Frames:
        buffer, size, per_second = self._buffer, self._header, self._per_second
        frames = Frames(buffer)
        times, starts, stops, lengths = frames.times, frames.starts, frames.stops, frames.lengths
        seconds: int
        fraction: int
        position: i64 = self._position
        end: i64 = len(buffer)
        while position + size <= end:
            if self._little_endian:
                at, sizes = read_i64_le(buffer, position), read_i64_le(buffer, position + 8)
                seconds, fraction, captured, length = at & _MASK, at >> 32 & _MASK, sizes & _MASK, sizes >> 32 & _MASK
            else:
                at, sizes = read_i64_be(buffer, position), read_i64_be(buffer, position + 8)
                fraction, seconds, length, captured = at & _MASK, at >> 32 & _MASK, sizes & _MASK, sizes >> 32 & _MASK
            start = position + size
            stop = start + captured
            if stop > end:
                if captured > self._longest:
                    self._broken(f"a record that claims {captured:,} bytes", position)
                break
            times.append(seconds + fraction / per_second)
            starts.append(start)
            stops.append(stop)
            lengths.append(length)
            position = stop
        frames.links = [self.link_type] * len(times)
        self._position = position
        return frames

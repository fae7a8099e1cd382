"""pcap files (draft-ietf-opsawg-pcap): micro- and nanoseconds, both byte orders, and a variant with longer records."""

import struct
from typing import Final

from capture.bytestream import ByteStream
from capture.core import CORE
from capture.errors import CaptureError
from capture.file import LONGEST_FRAME, CaptureFile
from traffic.frames import Frames

MICROSECONDS: Final = 0xA1B2C3D4
NANOSECONDS: Final = 0xA1B23C4D
MODIFIED: Final = 0xA1B2CD34  # Kuznetzov's variant: 8 more bytes per record header
HEADER_LENGTH: Final = 24
_LONGEST_EVER: Final = 2**24


def byte_order(start: bytes) -> str:
    """Return `<` or `>` if the bytes start a pcap file, otherwise an empty string."""
    for order in "<>":
        if len(start) >= 4 and struct.unpack_from(order + "I", start)[0] in (MICROSECONDS, NANOSECONDS, MODIFIED):
            return order
    return ""


class PcapFile(CaptureFile):
    """A source that reads a pcap file."""

    def __init__(self, name: str, stream: ByteStream, start: bytes) -> None:
        """`start` holds the first bytes of the file, at least its header.

        Raises:
            CaptureError: The header is truncated.
        """
        super().__init__(name, stream, start)
        if len(start) < HEADER_LENGTH:
            raise CaptureError(f"{stream.name} is not a capture file (its header ends after {len(start)} bytes)")
        order = byte_order(start)
        magic, _, _, _, _, snap_length, network = struct.unpack_from(order + "IHHiIII", start)
        self.link_type: int = network & 0xFFFF  # the upper bits describe a checksum after each frame
        self._per_second = 1e9 if magic == NANOSECONDS else 1e6
        self._record = struct.Struct(order + ("4I8x" if magic == MODIFIED else "4I"))
        self._layout = {
            "little_endian": order == "<",
            "nanoseconds": magic == NANOSECONDS,
            "header": self._record.size,
        }
        self._longest = max(LONGEST_FRAME, min(snap_length, _LONGEST_EVER))
        self._position = HEADER_LENGTH

    def _parse(self) -> Frames:
        if CORE is None:
            return self._parse_records()
        index = CORE.pcap_frames(self._buffer, self._position, **self._layout, longest=self._longest)
        *_, self._position, too_large = index
        if too_large is not None:
            self._broken(f"invalid record length {too_large:,}", self._position)
        return Frames.indexed(self._buffer, index, self.link_type)

    def _parse_records(self) -> Frames:
        buffer, header = self._buffer, self._record
        frames = Frames(buffer)
        while self._position + header.size <= len(buffer):
            seconds, fraction, captured, length = header.unpack_from(buffer, self._position)
            start = self._position + header.size
            stop = start + captured
            if stop > len(buffer):
                if captured > self._longest:
                    self._broken(f"invalid record length {captured:,}", self._position)
                break
            frames.add(seconds + fraction / self._per_second, self.link_type, start, stop, length)
            self._position = stop
        return frames

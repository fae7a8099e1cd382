"""Writes frames to a pcap file with nanosecond timestamps, so that a replay has the same times as the capture."""

import os
import struct
from collections.abc import Iterable
from typing import Final

from capture.packet_output import FULL, OpenFile, PacketOutput
from capture.pcap import NANOSECONDS
from traffic.frame import LINKTYPE_ETHERNET, Frame

SNAP_LENGTH: Final = 2**18
_FILE_HEADER: Final = struct.Struct("=IHHiIII")
_RECORD_HEADER: Final = struct.Struct("=4I")


class PcapWriter:
    """A pcap file being written. It has one link type: the one given, or that of the first frame."""

    def __init__(self, path: str, link_type: int | None = None, open_file: OpenFile = os.open) -> None:
        """Create `path` with `open_file`; `-` is standard output.

        Raises:
            CaptureError: The file cannot be created.
        """
        self._output = PacketOutput(path, open_file)
        self.name = self._output.name
        self.skipped = 0
        """Number of frames left out because of another link type."""
        self._link_type = link_type
        self._begun = False

    def write(self, frames: Iterable[Frame]) -> None:
        """Add frames; they are written in large pieces.

        Raises:
            CaptureError: Writing failed, as on a full disk. The file ends with a complete record and accepts no more.
            NobodyReads: It is standard output, and its reader is gone.
        """
        pending, pack = self._output.pending, _RECORD_HEADER.pack
        for time, link_type, frame, length in frames:
            if not self._begun:
                self._begin(link_type)
            if link_type != self._link_type:
                self.skipped += 1
                continue
            seconds = int(time // 1)
            nanoseconds = round((time - seconds) * 1e9)
            if len(frame) > SNAP_LENGTH:
                frame = frame[:SNAP_LENGTH]
            pending += pack(seconds & 0xFFFFFFFF, nanoseconds, len(frame), length)
            pending += frame
            if len(pending) >= FULL:
                self.flush()

    def add_secrets(self, lines: bytes) -> None:
        """Ignore keys: this format has no place for them."""

    def flush(self) -> None:
        """Write everything to the file.

        Raises:
            CaptureError: As in `write`.
        """
        self._output.flush()

    def close(self) -> None:
        """Flush and close. Closing twice is harmless.

        Raises:
            CaptureError: As in `write`.
        """
        if not self._begun:
            self._begin(LINKTYPE_ETHERNET)
        self._output.close()

    def _begin(self, link_type: int) -> None:
        if self._link_type is None:
            self._link_type = link_type
        self._output.pending += _FILE_HEADER.pack(NANOSECONDS, 2, 4, 0, 0, SNAP_LENGTH, self._link_type)
        self._begun = True

"""Writes frames to a pcap file with nanosecond timestamps, so that a replay has the same times as the capture."""

import contextlib
import os
import struct
import sys
from collections.abc import Callable, Iterable
from typing import Final

from capture.errors import CaptureError, NobodyReads
from capture.pcap import NANOSECONDS
from traffic.frame import LINKTYPE_ETHERNET, Frame

SNAP_LENGTH: Final = 2**18
_FULL: Final = 2**18
_FILE_HEADER: Final = struct.Struct("=IHHiIII")
_RECORD_HEADER: Final = struct.Struct("=4I")


class PcapWriter:
    """A pcap file being written. It has one link type: the one given, or that of the first frame."""

    def __init__(
        self, path: str, link_type: int | None = None, open_file: Callable[[str, int, int], int] = os.open
    ) -> None:
        """Create `path` with `open_file`; `-` is standard output.

        Raises:
            CaptureError: The file cannot be created.
        """
        self._is_output = path == "-"
        self.name = "standard output" if self._is_output else path
        self.skipped = 0
        """Number of frames left out because of another link type."""
        self._link_type = link_type
        self._pending = bytearray()
        self._begun = False
        self._whole = 0
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
            self._file = os.dup(1) if path == "-" else open_file(path, flags, 0o666)
        except (OSError, ValueError) as reason:
            raise CaptureError(f"cannot write {self.name}: {getattr(reason, 'strerror', None) or reason}") from reason
        if path == "-" and sys.platform == "win32":
            import msvcrt

            msvcrt.setmode(self._file, os.O_BINARY)

    def write(self, frames: Iterable[Frame]) -> None:
        """Add frames; they are written in large pieces.

        Raises:
            CaptureError: Writing failed, as on a full disk. The file ends with a complete record and accepts no more.
            NobodyReads: It is standard output, and its reader is gone.
        """
        pending, pack = self._pending, _RECORD_HEADER.pack
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
            if len(pending) >= _FULL:
                self.flush()

    def flush(self) -> None:
        """Write everything to the file.

        Raises:
            CaptureError: As in `write`.
        """
        if self._file < 0:
            self._pending.clear()
            return
        try:
            done = 0
            while done < len(self._pending):
                with memoryview(self._pending) as rest:
                    done += os.write(self._file, rest[done:])
        except OSError as reason:
            self._give_up()
            gone = self._is_output and isinstance(reason, BrokenPipeError)
            kind = NobodyReads if gone else CaptureError
            raise kind(f"writing to {self.name} failed: {reason.strerror}") from reason
        self._whole += len(self._pending)
        self._pending.clear()

    def close(self) -> None:
        """Flush and close. Closing twice is harmless.

        Raises:
            CaptureError: As in `write`.
        """
        if self._file < 0:
            return
        if not self._begun:
            self._begin(LINKTYPE_ETHERNET)
        try:
            self.flush()
        finally:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _begin(self, link_type: int) -> None:
        if self._link_type is None:
            self._link_type = link_type
        self._pending += _FILE_HEADER.pack(NANOSECONDS, 2, 4, 0, 0, SNAP_LENGTH, self._link_type)
        self._begun = True

    def _give_up(self) -> None:
        """Truncate the file after the last complete record, and close it."""
        with contextlib.suppress(OSError):  # a pipe cannot be truncated
            os.ftruncate(self._file, self._whole)
        os.close(self._file)
        self._file = -1
        self._pending.clear()

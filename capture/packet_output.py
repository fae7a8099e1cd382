"""A file of packets being written: whole records only, in large pieces, to a path or standard output."""

import contextlib
import os
import stat
import sys
from collections.abc import Callable
from typing import Final

from capture.errors import CaptureError, NobodyReads

OpenFile = Callable[[str, int, int], int]
"""Opens a path with flags and a mode, as `os.open` does."""
FULL: Final = 2**18
"""Pending bytes that are enough to be written."""
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)


class PacketOutput:
    """Writes `pending`, to which its owner adds whole records, and calls `flush` when there is a lot."""

    def __init__(self, path: str, open_file: OpenFile = os.open, *, private: bool = False) -> None:
        """Create `path` with `open_file`; `-` is standard output. Nobody else may read a `private` file.

        Raises:
            CaptureError: The file cannot be created, or a private one was there, and others can read it.
        """
        self._is_output = path == "-"
        self.name = "standard output" if self._is_output else path
        self.pending = bytearray()
        self._whole = 0
        try:
            self.file = os.dup(1) if self._is_output else _created(path, open_file, private)
        except (OSError, ValueError) as reason:
            raise CaptureError(f"cannot write {self.name}: {getattr(reason, 'strerror', None) or reason}") from reason
        if self._is_output and sys.platform == "win32":
            import msvcrt

            msvcrt.setmode(self.file, os.O_BINARY)

    @property
    def is_closed(self) -> bool:
        """Whether the file accepts no more, because it was closed or writing failed."""
        return self.file < 0

    def flush(self) -> None:
        """Write everything to the file.

        Raises:
            CaptureError: Writing failed, as on a full disk. The file ends with a complete record and accepts no more.
            NobodyReads: It is standard output, and its reader is gone.
        """
        if self.is_closed:
            self.pending.clear()
            return
        try:
            done = 0
            while done < len(self.pending):
                with memoryview(self.pending) as rest:
                    done += os.write(self.file, rest[done:])
        except OSError as reason:
            self._give_up()
            gone = self._is_output and isinstance(reason, BrokenPipeError)
            kind = NobodyReads if gone else CaptureError
            raise kind(f"writing to {self.name} failed: {reason.strerror}") from reason
        self._whole += len(self.pending)
        self.pending.clear()

    def close(self) -> None:
        """Flush and close. Closing twice is harmless.

        Raises:
            CaptureError: As in `flush`.
        """
        try:
            self.flush()
        finally:
            self._close()

    def _give_up(self) -> None:
        """Truncate the file after the last complete record, and close it."""
        with contextlib.suppress(OSError):  # a pipe cannot be truncated
            os.ftruncate(self.file, self._whole)
        self._close()
        self.pending.clear()

    def _close(self) -> None:
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def _created(path: str, open_file: OpenFile, private: bool) -> int:
    if not private:
        return open_file(path, _FLAGS | os.O_TRUNC, 0o666)
    file = open_file(path, _FLAGS, 0o600)
    found = os.fstat(file)
    if os.name == "posix" and stat.S_ISREG(found.st_mode):
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            os.close(file)
            raise CaptureError(f"others can read {path}, which is to have keys; chmod 600 {path}")
        os.ftruncate(file, 0)
    return file

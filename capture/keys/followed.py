"""An open key log that is read as it grows: a file, which may be truncated, or a FIFO, whose writers come and go."""

import contextlib
import os
import stat
from typing import Final

from capture.keys.whole_lines import WholeLines

PIECE: Final = 2**18
"""Maximum bytes of a read, so that keys never hold up packets."""
RECENT: Final = 2**20
"""Bytes before the end at which following starts: keys of connections that are just beginning."""
_MARK: Final = 32
"""Bytes before the position that are compared with those read there last."""


class Followed:
    """An open file or FIFO. It is read from the start if `whole`, otherwise from shortly before its end."""

    def __init__(self, file: int, *, whole: bool) -> None:
        """`file` is a descriptor that does not block; it is closed with this object."""
        found = os.fstat(file)
        self.identity = found.st_dev, found.st_ino
        """What distinguishes the file from one that takes its name."""
        self._file = file
        self._lines = WholeLines()
        self._is_fifo = stat.S_ISFIFO(found.st_mode)
        self._position = 0
        self._mark = hash(b"")
        if not whole and found.st_size > RECENT:
            self._begin_at(found.st_size - RECENT)

    def read(self) -> bytes:
        """Return the lines of the next piece; empty if there are none."""
        if self._file < 0:
            return b""
        return self._read_fifo() if self._is_fifo else self._read_file()

    @property
    def is_deleted(self) -> bool:
        """Whether the file has no name any more."""
        return os.fstat(self._file).st_nlink == 0

    def close(self) -> bytes:
        """Close the file, and return the last line if it has no end. Closing it twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        return self._lines.end()

    def _read_file(self) -> bytes:
        size = os.fstat(self._file).st_size
        cut = b""
        if size < self._position:
            cut = self._begin_again()
        if size == self._position:
            return cut
        if not self._position:
            self._skip_hole()
        before = min(_MARK, self._position)
        piece = os.pread(self._file, before + PIECE, self._position - before)
        if hash(piece[:before]) != self._mark:  # truncated, and longer again
            return self._begin_again()
        self._position += len(piece) - before
        self._mark = hash(piece[-min(_MARK, self._position) :])
        return cut + self._lines.add(piece[before:])

    def _read_fifo(self) -> bytes:
        try:
            piece = os.read(self._file, PIECE)
        except BlockingIOError:  # there are writers, who have nothing to say
            return b""
        return self._lines.add(piece) if piece else self._lines.end()

    def _begin_again(self) -> bytes:
        """Continue at the first byte of a file that was truncated; return the line that was cut."""
        self._position, self._mark = 0, hash(b"")
        return self._lines.end()

    def _skip_hole(self) -> None:
        """Skip what was never written, because the writer goes on at its old position after the file was truncated."""
        with contextlib.suppress(OSError, AttributeError):  # nothing but a hole, or a system that does not know
            self._position = os.lseek(self._file, 0, os.SEEK_DATA)
            self._mark = self._seen_before()

    def _begin_at(self, position: int) -> None:
        """Continue at a position in the middle, with the next line."""
        self._position = position
        self._mark = self._seen_before()
        self._lines.skip()

    def _seen_before(self) -> int:
        before = min(_MARK, self._position)
        return hash(os.pread(self._file, before, self._position - before))

"""Reads a capture file piecewise, from a path or standard input, and decompresses gzip. One piece limits the memory."""

import os
import select
import stat
import sys
import zlib
from typing import Final

from capture.errors import CaptureError
from capture.source import Position

PIECE: Final = 2**19
_COMPRESSED_PIECE: Final = 2**16
_KEPT: Final = 8 * PIECE
_WAIT: Final = 0.1
_GZIP: Final = b"\x1f\x8b"
_GZIP_FORMAT: Final = 31


class ByteStream:
    """A file that is read once from start to end."""

    def __init__(self, path: str) -> None:
        """Open `path`; `-` is standard input.

        Raises:
            CaptureError: The file cannot be opened or is not a regular file or pipe.
        """
        self.name = "standard input" if path == "-" else path
        self.damage = ""
        """Why the stream ended early; empty if it did not."""
        self._gzip: _Gzip | None = None
        self._start = b""
        self._file = -1
        try:
            self._file = os.dup(0) if path == "-" else os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            mode = os.fstat(self._file).st_mode
        except OSError as reason:
            self.close()
            raise CaptureError(f"cannot read {self.name}: {reason.strerror}") from reason
        except ValueError as reason:
            raise CaptureError(f"cannot read {path!r}: {reason}") from reason
        if stat.S_ISDIR(mode):
            self.close()
            raise CaptureError(f"cannot read {self.name}: it is a directory")
        if path == "-" and sys.platform == "win32":
            import msvcrt

            msvcrt.setmode(self._file, os.O_BINARY)
        _keep_freed_memory()
        self._is_plain = path != "-" and stat.S_ISREG(mode)
        self._waits = os.name == "posix" and not stat.S_ISREG(mode)
        self._done = 0
        self._total = _length(self._file) if stat.S_ISREG(mode) else None

    def begin(self, length: int) -> bytes:
        """Wait for and return at least the first `length` bytes, or fewer if the file is shorter.

        Raises:
            CaptureError: The file cannot be read.
        """
        start = b""
        while len(start) < len(_GZIP) and (piece := self._piece(PIECE)):
            start += piece
        if start.startswith(_GZIP):
            self._gzip = _Gzip()
            self._start, start = start, b""
        while len(start) < length and (more := self._next()) != b"":
            start += more or b""
        if self.damage and not start:
            raise CaptureError(f"cannot read {self.name}: {self.damage}")
        return start

    def read_on(self, rest: bytes) -> bytes | None:
        """Return `rest`, the unparsed bytes read last, with the next piece; None if a pipe sent nothing within 0.1 s.

        At the end it is `rest` alone. A file is read again from `rest` on, which is cheaper than concatenating both.
        """
        if self._gzip is None and not self._waits:
            return self._piece(len(rest) + PIECE, len(rest)) or rest
        piece = self.read()
        return None if piece is None else rest + piece

    def read(self) -> bytes | None:
        """Return the next piece; empty at the end, None if a pipe sent nothing within 0.1 s."""
        if self._waits and not self._start and not select.select([self._file], [], [], _WAIT)[0]:
            return None
        piece = self._next()
        while piece is None and not self._waits:
            piece = self._next()
        return piece

    @property
    def plain_file(self) -> int | None:
        """The descriptor of a file that is not compressed, and can be read anywhere; otherwise None."""
        return self._file if self._is_plain and self._gzip is None else None

    def position(self) -> Position:
        """Return how far the file has been read."""
        return Position(self._done, self._total)

    def close(self) -> None:
        """Close the file. Closing it twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _next(self) -> bytes | None:
        """Return the next decompressed bytes; empty only at the end, None if decompression needs more input."""
        if self._gzip is None:
            return self._piece(PIECE)
        if self.damage:
            return b""
        compressed = self._start or self._piece(_COMPRESSED_PIECE)
        piece = self._gzip.feed(compressed)
        self._start = self._gzip.take_rest()
        self.damage = self.damage or self._gzip.damage
        return None if compressed and not piece and not self.damage else piece

    def _piece(self, size: int, again: int = 0) -> bytes:
        """Read the next bytes; the first `again` of them are read a second time."""
        try:
            if again:
                os.lseek(self._file, -again, os.SEEK_CUR)
                self._done -= again
            piece = os.read(self._file, size) if self._file >= 0 else b""
        except OSError as reason:
            self.damage = reason.strerror or str(reason)
            return b""
        self._done += len(piece)
        return piece


class _Gzip:
    """Decompresses gzip with one or more members, one piece at a time."""

    def __init__(self) -> None:
        self.damage = ""
        self._inflate = zlib.decompressobj(_GZIP_FORMAT)
        self._rest = b""

    def feed(self, compressed: bytes) -> bytes:
        """Decompress at most a piece; see `take_rest`. Empty input marks the end."""
        if self._inflate.eof:
            return self._next_member(compressed)
        if not compressed:
            self.damage = "the gzip data is truncated"
            return self._inflate.flush()
        before = self._inflate.copy()
        try:
            piece = self._inflate.decompress(compressed, PIECE)
        except zlib.error:
            self.damage = "the gzip data is corrupt"
            return _salvage(before, compressed)
        self._rest = self._inflate.unconsumed_tail or self._inflate.unused_data
        return piece

    def take_rest(self) -> bytes:
        """Return the bytes that `feed` has not consumed, to be fed next."""
        rest, self._rest = self._rest, b""
        return rest

    def _next_member(self, compressed: bytes) -> bytes:
        # What follows and is not another member is padding, which gzip tools ignore as well.
        if not compressed.startswith(_GZIP[:1]):
            return b""
        self._inflate = zlib.decompressobj(_GZIP_FORMAT)
        return self.feed(compressed)


def _keep_freed_memory() -> None:
    """Let glibc reuse freed memory for the next piece; other C libraries are not affected.

    On its own it returns freed memory to the system, and the page faults of getting it back cost as much as reading the
    data. It keeps memory up to the size of the largest block freed, so this frees one that was never written to.
    """
    bytes(_KEPT)


def _length(file: int) -> int:
    """Return the number of bytes from the current position to the end."""
    return max(0, os.fstat(file).st_size - os.lseek(file, 0, os.SEEK_CUR))


def _salvage(inflate: "zlib._Decompress", compressed: bytes) -> bytes:
    """Decompress as much as possible of damaged data."""
    found = bytearray()
    try:
        for place in range(len(compressed)):
            found += inflate.decompress(compressed[place : place + 1])
    except zlib.error:
        pass
    return bytes(found)

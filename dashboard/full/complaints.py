"""Keeps standard error off the screen while the full screen is up: it is shown there, and printed afterwards.

This is an I/O edge.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import IO

KEPT = 64 * 1024
"""Most bytes that are printed afterwards, latest last."""


class Complaints:
    """Reads the lines of a growing file, or nothing if there is no file."""

    def __init__(self, file: IO[bytes] | None = None) -> None:
        self._file = file
        self._told = 0
        self._untold: list[str] = []
        """Lines read, but not returned yet."""

    def latest(self) -> list[str]:
        """Return the lines written since the last call."""
        lines, self._untold = self._untold + self._read(), []
        return lines

    def keep(self, text: str) -> None:
        """Write a text to standard error that is no complaint, so that `latest` leaves it out."""
        self._untold += self._read()
        with contextlib.suppress(OSError):  # the reader may be gone
            os.write(2, f"{text}\n".encode())
        self._read()

    def _read(self) -> list[str]:
        if self._file is None:
            return []
        text = os.pread(self._file.fileno(), KEPT, self._told)
        self._told += len(text)
        return text.decode(errors="replace").splitlines()

    def all(self) -> bytes:
        """Return the end of what was written."""
        if self._file is None:
            return b""
        size = os.fstat(self._file.fileno()).st_size
        return os.pread(self._file.fileno(), KEPT, max(0, size - KEPT))


@contextlib.contextmanager
def collected(wanted: bool) -> Iterator[Complaints]:
    """Send standard error to a file, also that of C libraries and threads, and restore it in the end.

    If standard error is not a terminal it cannot spoil the screen, and is left alone.
    """
    if not (wanted and sys.stderr is not None and sys.stderr.isatty()):
        yield Complaints()
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile(buffering=0) as file:
        before = os.dup(2)
        os.dup2(file.fileno(), 2)
        complaints = Complaints(file)
        try:
            yield complaints
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)
            with contextlib.suppress(OSError):
                os.write(2, complaints.all())

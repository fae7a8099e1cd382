"""What is written to standard error while the full screen is up: kept off the picture, shown in it, printed afterwards.

An I/O edge.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import IO

KEPT = 64 * 1024
"""Bytes that are printed afterwards, the last ones."""


class Complaints:
    """The lines of a file that grows; of none, nothing."""

    def __init__(self, file: IO[bytes] | None = None) -> None:
        self._file = file
        self._told = 0

    def latest(self) -> list[str]:
        """The lines that were written since the last call."""
        if self._file is None:
            return []
        text = os.pread(self._file.fileno(), KEPT, self._told)
        self._told += len(text)
        return text.decode(errors="replace").splitlines()

    def all(self) -> bytes:
        """The last of what was written."""
        if self._file is None:
            return b""
        size = os.fstat(self._file.fileno()).st_size
        return os.pread(self._file.fileno(), KEPT, max(0, size - KEPT))


@contextlib.contextmanager
def collected(wanted: bool) -> Iterator[Complaints]:
    """Standard error goes to a file, from C libraries and threads as well, and in the end to where it went before.

    Where it is no terminal it destroys no picture, and is left alone.
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

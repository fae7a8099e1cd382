"""Appends lines to a file, or writes them to standard output.

Only its owner can read a new file, because it says who requested what.
"""

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from outputs.errors import LogError
from outputs.log.kinds import Kind
from outputs.report_file import OpenFile
from view.outlet import OutputClosedError

STANDARD_OUTPUT: Final = "-"
OWNER_ONLY: Final = 0o600
LINES: Final = 500
"""Number of lines written at a time, so that those of a large batch are never all in memory."""


class FileSink:
    """An open file."""

    def __init__(self, path: str, open_file: OpenFile = os.open) -> None:
        """Open `path` with `open_file` to append to it; `-` is standard output.

        Raises:
            LogError: the file cannot be opened.
        """
        self.warnings: tuple[str, ...] = ()
        """A sentence that says why the log ended; empty while it is written."""
        self.remarks: tuple[str, ...] = ()
        self._name = "standard output" if path == STANDARD_OUTPUT else path
        self._is_output = path == STANDARD_OUTPUT
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._file = os.dup(1) if self._is_output else open_file(path, flags, OWNER_ONLY)
        except (OSError, ValueError) as reason:
            said = getattr(reason, "strerror", None) or reason
            raise LogError(f"cannot write the log to {self._name}: {said}; use another file with --log") from reason

    def put(self, kind: Kind, records: Sequence[Any], line: Callable[[Any], str]) -> None:
        """Write a line for each record. If writing to a file fails, it is closed, and `warnings` says so.

        Raises:
            LogError: writing to standard output failed, so nothing more can be shown.
            OutputClosedError: the reader of standard output is gone.
        """
        for begin in range(0, len(records), LINES):
            if self._file >= 0:
                self._write([line(each) for each in records[begin : begin + LINES]])

    def start(self) -> None:
        """Do nothing: the file is open."""

    def hurry(self) -> None:
        """Do nothing: everything is written."""

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def fileno(self) -> int:
        """Return the descriptor of the open file; -1 if it is closed."""
        return self._file

    def _write(self, lines: Sequence[str]) -> None:
        written = 0
        block = memoryview("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
        try:
            while self._file >= 0 and written < len(block):
                written += os.write(self._file, block[written:])
        except OSError as reason:
            self._give_up(reason, bytes(block[:written]))

    def _give_up(self, reason: OSError, written: bytes) -> None:
        """Cut off an incomplete last line, close the file, and say why."""
        part = len(written) - (written.rfind(b"\n") + 1)
        if part:
            with contextlib.suppress(OSError):  # a pipe cannot be truncated
                os.ftruncate(self._file, os.lseek(self._file, 0, os.SEEK_CUR) - part)
        self.close()
        warning = f"the log ended: writing to {self._name} failed: {reason.strerror}"
        self.warnings = (warning,)
        if self._is_output and isinstance(reason, BrokenPipeError):
            raise OutputClosedError from reason
        if self._is_output:
            raise LogError(warning) from reason

"""The file of labels, to which marks made on the screen are appended, one line of JSON each.

It is opened at the start with the rights of whoever started the program. Only its owner can read a new file, because it
says who requested what.
"""

import contextlib
import os
from typing import Final

from outputs.errors import UnavailableError
from outputs.report_file import OpenFile

OWNER_ONLY: Final = 0o600


class LabelFile:
    """An open file."""

    def __init__(self, path: str, open_file: OpenFile = os.open) -> None:
        """Open `path` with `open_file` to append to it.

        Raises:
            UnavailableError: the file cannot be opened.
        """
        self._path = path
        try:
            self._file = open_file(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY)
        except (OSError, ValueError) as reason:
            said = getattr(reason, "strerror", None) or reason
            raise UnavailableError(f"cannot write labels to {path}: {said}; use another file with --labels") from reason

    def write(self, line: str) -> str:
        """Append a line as a whole; return a sentence for the user if that failed, and nothing was written."""
        text = f"{line}\n".encode()
        written = 0
        try:
            while written < len(text):
                written += os.write(self._file, text[written:])
        except OSError as reason:
            if written:
                with contextlib.suppress(OSError):  # a pipe cannot be truncated
                    os.ftruncate(self._file, os.lseek(self._file, 0, os.SEEK_END) - written)
            return f"not marked: writing to {self._path} failed: {reason.strerror}"
        return ""

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

"""Writes the file of a page. Readers find the previous page or the new one, never a part.

It is opened at the start, and written at the end with fewer rights. Only its owner can read a new file, because it
says who requested what. An existing file keeps its permissions.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable
from typing import Final

from outputs.errors import UnavailableError

STANDARD_OUTPUT: Final = "-"
OWNER_ONLY: Final = 0o600
OpenFile = Callable[[str, int, int], int]
"""Opens a path with flags and a mode for new files, as `os.open` does."""
_DENIED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


class ReportFile:
    """A file that is replaced atomically."""

    def __init__(self, path: str, open_file: OpenFile = os.open) -> None:
        """Open `path` with `open_file` without changing its contents; `-` is standard output.

        Raises:
            UnavailableError: the file is not writable.
        """
        self.name = "standard output" if path == STANDARD_OUTPUT else path
        self._path = path
        self._folder = -1
        self._is_new = False
        try:
            self._file = os.dup(1) if path == STANDARD_OUTPUT else self._open(open_file)
            if self._is_regular() and path != STANDARD_OUTPUT and hasattr(os, "O_DIRECTORY"):
                self._path = os.path.realpath(path)  # the file that a link points to is replaced, not the link
                self._folder = open_file(os.path.dirname(self._path), os.O_RDONLY | os.O_DIRECTORY, 0)
        except (OSError, ValueError) as reason:
            said = getattr(reason, "strerror", None) or reason
            raise UnavailableError(
                f"cannot write the report to {self.name}: {said}; use another file with --report"
            ) from reason

    @property
    def folder(self) -> str:
        """The folder in which the file is replaced; empty if it is not."""
        return os.path.dirname(self._path) if self._folder >= 0 else ""

    def write(self, text: str) -> None:
        """Replace the contents of the file.

        Raises:
            OSError: the disk is full, for example. The previous contents are kept.
        """
        page = text.encode("utf-8")
        if self._folder < 0 or not self._replace(page):
            self._overwrite(page)
        self._is_new = False

    def close(self) -> None:
        """Close the file, and delete a new one that is empty. A second call does nothing."""
        if self._is_new and self._folder >= 0:
            with contextlib.suppress(OSError):
                os.unlink(os.path.basename(self._path), dir_fd=self._folder)
        for file in (self._file, self._folder):
            if file >= 0:
                os.close(file)
        self._file = self._folder = -1
        self._is_new = False

    def _open(self, open_file: OpenFile) -> int:
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            file = open_file(self._path, flags | os.O_EXCL, OWNER_ONLY)
        except FileExistsError:
            return open_file(self._path, flags, OWNER_ONLY)
        self._is_new = True
        return file

    def _is_regular(self) -> bool:
        return stat.S_ISREG(os.fstat(self._file).st_mode)

    def _replace(self, page: bytes) -> bool:
        """Write a temporary file and rename it; return False if that is not permitted."""
        name = os.path.basename(self._path)
        beside = f".{name}.{os.getpid()}"
        try:
            file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY, dir_fd=self._folder)
        except OSError as reason:
            if reason.errno in _DENIED:
                return False
            raise
        try:
            with os.fdopen(file, "wb") as stream:
                stream.write(page)
                stream.flush()
                os.fchmod(file, stat.S_IMODE(os.fstat(self._file).st_mode))
                os.fsync(file)
            os.replace(beside, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except OSError as reason:
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=self._folder)
            if reason.errno in _DENIED:  # another user's file in a folder such as /tmp
                return False
            raise
        return True

    def _overwrite(self, page: bytes) -> None:
        """Overwrite the file in place, because it is a pipe or the folder is not writable."""
        left = memoryview(page)
        while left:
            left = left[os.write(self._file, left) :]
        if self._is_regular() and self._folder >= 0:
            os.ftruncate(self._file, len(page))

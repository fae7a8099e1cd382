"""A key log by its name: waited for until it exists, followed as it grows, and through rotations.

A server goes on writing to the old file until it is told to open the new one, so the old one is read as well, until
the next rotation, or until it is deleted.
"""

import os
import stat
from collections.abc import Callable
from typing import Final

from capture.errors import CaptureError
from capture.keys.access import KeysExposed, Trusted, user_name
from capture.keys.followed import Followed

OpenFile = Callable[[str, int], int]
"""Opens a path with flags, as `os.open` does."""
FILES: Final = 2
"""Files that are read: the one that has the name, and the one that had it before."""
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class KeyLog:
    """The key log at `path`. Once opened, `warning` says what is wrong, and reading goes on as well as it can."""

    def __init__(
        self,
        path: str,
        trusted: Trusted,
        open_file: OpenFile = os.open,
        *,
        live: bool = True,
    ) -> None:
        """Open it with `open_file`. If `live`, it may be missing, and only its end is read.

        Raises:
            KeysExposed: Others can read or write it.
            CaptureError: It cannot be read.
        """
        self.warning = ""
        self._path = path
        self._trusted = trusted
        self._files: list[Followed] = []
        self._left = b""
        try:
            self._files.append(Followed(self._opened(open_file), whole=not live))
        except FileNotFoundError:
            if not live:
                raise CaptureError(f"cannot read the keys in {path}: there is no such file") from None
            self.warning = f"waiting for the key log {path}, which does not exist yet"
        except OSError as reason:
            raise CaptureError(_unreadable(path, reason, open_file is os.open)) from None

    def read(self) -> bytes:
        """Return the next lines, of the old file first."""
        self._look()
        lines, self._left = self._left, b""
        return lines + b"".join([self._lines_of(file) for file in (*self._files,)])

    def close(self) -> None:
        """Close all files."""
        for file in self._files:
            file.close()

    def _lines_of(self, file: Followed) -> bytes:
        try:
            lines = file.read()
            if not lines and file is not self._files[-1] and file.is_deleted:
                self._files.remove(file)
                lines = file.close()
        except OSError as reason:
            self.warning = f"cannot read on in the key log {self._path}: {reason.strerror}"
            return b""
        return lines

    def _look(self) -> None:
        """Look for another file of this name."""
        try:
            found = os.stat(self._path)
            if not self._files or (found.st_dev, found.st_ino) != self._files[-1].identity:
                self._follow(Followed(self._opened(os.open), whole=True))
            self.warning = ""
        except FileNotFoundError:
            if self._files:
                self.warning = f"the key log {self._path} is gone; waiting for a new one"
        except KeysExposed as reason:
            self.warning = str(reason)
        except (OSError, CaptureError) as reason:
            self.warning = f"cannot read the new {self._path}: {getattr(reason, 'strerror', reason)}; {_remedy()}"

    def _follow(self, new: Followed) -> None:
        """Follow a new file, and of the old ones only the latest."""
        self._files.append(new)
        while len(self._files) > FILES:
            self._left += self._files.pop(0).close()

    def _opened(self, open_file: OpenFile) -> int:
        file = open_file(self._path, _FLAGS)
        try:
            if stat.S_IFMT(os.fstat(file).st_mode) not in (stat.S_IFREG, stat.S_IFIFO):
                raise CaptureError(f"cannot read the keys in {self._path}: it is neither a file nor a FIFO")
            self._trusted.check(self._path, file)
        except BaseException:
            os.close(file)
            raise
        return file


def _unreadable(path: str, reason: OSError, is_own: bool) -> str:
    line = f"cannot read the keys in {path}: {reason.strerror}"
    if isinstance(reason, PermissionError) and not is_own:
        line += "; under sudo it is opened with the caller's rights (docs/https.md)"
    return line


def _remedy() -> str:
    """Say how the user that the program has become can read the file."""
    user = user_name(os.geteuid()) if hasattr(os, "geteuid") else "this user"
    return f"let {user} read it (setfacl -m u:{user}:r), or choose its owner with --user"

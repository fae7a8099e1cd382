"""Reads files with secrets. This happens before the program drops its rights, so only whoever started it needs to be
able to read them.
"""

import os
import stat
from collections.abc import Callable
from typing import Final

from notices.errors import NoticeError

MAX_SIZE: Final = 65536
OpenSecret = Callable[[str, int], int]
"""Opens a path with flags, as `os.open` does."""


def read_secret(path: str, origin: str, open_file: OpenSecret = os.open) -> str:
    """Return the text of a file without surrounding white space. `origin` is the setting that names the file, which
    `open_file` opens.

    Raises:
        NoticeError: the file cannot be read, is empty, is too long, or is not text.
    """
    try:
        with open(path, "rb", opener=open_file) as file:
            raw = file.read(MAX_SIZE + 1)
        text = raw.decode("utf-8").strip()
    except OSError as error:
        raise NoticeError(f"{origin}: cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise NoticeError(f"{origin}: {path} is not UTF-8 text") from None
    if not text or len(raw) > MAX_SIZE:
        raise NoticeError(f"{origin}: {path} is {'too long' if text else 'empty'}")
    return text


def exposure(path: str, origin: str) -> str:
    """Return a warning if every user can read the file, otherwise an empty text."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return ""
    exposed = stat.S_ISREG(mode) and mode & stat.S_IROTH
    return f"{origin}: every user can read {path} (chmod o=)" if exposed else ""

"""Files that hold a secret. They are read before the program gives up its rights, so they may be root's alone."""

import os
import stat
from pathlib import Path
from typing import Final

from notices.errors import NoticeError

MAX_SIZE: Final = 65536


def read_secret(path: str, origin: str) -> str:
    """The text of a file, without blank lines around it. `origin` is the setting that names it.

    Raises:
        NoticeError: it cannot be read, is empty, is too long, or is no text.
    """
    try:
        with Path(path).open("rb") as file:
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
    """A sentence when others may read the file; empty if nobody may."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return ""
    exposed = stat.S_ISREG(mode) and mode & stat.S_IROTH
    return f"{origin}: every user may read {path}; chmod o= it" if exposed else ""

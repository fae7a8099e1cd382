"""Writes the file from which a front loads whom to block."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from blocking.bouncer import BouncerError

_MODE: Final = 0o644


def write(path: str, text: str, setting: str) -> None:
    """Replace the content of a file in one step, so that nobody reads half of it. A link is followed.

    Raises:
        BouncerError: it cannot be written; `setting` names it.
    """
    place = Path(os.path.realpath(path))
    try:
        _replace(place, text)
    except OSError as error:
        raise BouncerError(f"cannot write {path}: {error.strerror}; see {setting}") from None


def _replace(place: Path, text: str) -> None:
    mode = place.stat().st_mode & 0o777 if place.exists() else _MODE
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            os.fchmod(handle, mode)
        os.replace(name, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def unlike(path: str, text: str) -> bool:
    """Return whether the file has another content, or is not there."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace") != text
    except OSError:
        return True

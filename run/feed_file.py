"""A file with indicators: opened at the start, and read again when it has changed."""

import os
import stat
from collections.abc import Callable
from typing import Final

from detection.intelligence.indicator import FeedError
from detection.intelligence.packing import Packer, Terms
from detection.intelligence.reading import Reading, read
from detection.intelligence.table import Feed
from exercise_config import SettingError
from traffic.text import printable

OpenFile = Callable[[str, int], int]
"""Opens a path with flags, as `os.open` does."""
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_JSON_PART: Final = 4
"""The part of the largest size that JSON may have, which takes more memory."""
_MANIFEST: Final = "manifest.json"
_LONGEST_NAME: Final = 40
"""Characters of a feed's name."""

_State = tuple[int, int, int]
"""Number, size and time of change of a file."""


class FeedFile:
    """The file at `path`. `feed` is what it has, or had before it became wrong; `problem` says what is wrong."""

    def __init__(self, path: str, open_file: OpenFile, largest: int) -> None:
        """Open it with `open_file`, to be read at once. It may have `largest` bytes.

        Raises:
            SettingError: it cannot be opened.
            CaptureError: as in `NamedFiles.open`.
        """
        self.feed: Feed | None = None
        self.problem = ""
        self.line = ""
        """What came of reading it, for the user."""
        self.name = _name_of(path)
        self._path = path
        self._largest = largest
        self._read_state: _State | None = None
        self._seen_state: _State | None = None
        try:
            self._opened: int | None = _regular(open_file(path, _FLAGS))
        except OSError as reason:
            raise SettingError(f"indicators: {path} cannot be read: {reason.strerror}") from None

    def close(self) -> None:
        """Close the file, if it was never read."""
        if self._opened is not None:
            os.close(self._opened)
            self._opened = None

    def has_changed(self) -> bool:
        """Return whether the file is another than was read, and nobody has written to it since the last call."""
        try:
            found = _state(os.stat(self._path))
        except OSError as reason:
            self._keep(f"cannot be read again: {reason.strerror}")
            self._read_state = None  # once it is back, it is read
            return False
        is_calm, self._seen_state = found == self._seen_state, found
        changed = is_calm and found != self._read_state
        if changed:
            self._read_state = found
        return changed

    def read(self, terms: Terms) -> bool:
        """Read the file, and return whether it has new contents. If it is wrong, the earlier ones stay."""
        try:
            content = self._content()
            reading = read(content)
            packer = Packer(terms)
            self._take(packer, reading)
            self.feed = Feed(self.name, packer.packed())
        except OSError as reason:
            self._keep(f"cannot be read: {reason.strerror}")
            return False
        except FeedError as reason:
            self._keep(str(reason))
            return False
        self.problem = ""
        left_out = f" (left out: {packer.left_out})" if packer.counts else ""
        self.line = f"indicators: {self._path}: {reading.title}, {_counted(self.feed)}{left_out}"
        return True

    def _keep(self, reason: str) -> None:
        """Note why the file cannot be used."""
        kept = f"; {_counted(self.feed)} from before will be used" if self.feed is not None else ""
        self.problem = self.line = f"indicators: {self._path} {reason}{kept}"

    def _take(self, packer: Packer, reading: Reading) -> None:
        packer.take(reading.entries)
        left = self._largest
        for name in reading.event_files:
            left -= self._take_event(packer, name, left)

    def _take_event(self, packer: Packer, name: str, largest: int) -> int:
        """Take the entries of another file in the same folder, and return its bytes."""
        try:
            content, _ = _contents(os.path.join(os.path.dirname(os.path.abspath(self._path)), name), largest)
            packer.take(read(content).entries)
        except (OSError, FeedError):
            packer.counts["unreadable events"] += 1
            return 0
        return len(content)

    def _content(self) -> bytes:
        if self._opened is not None:
            file, self._opened = self._opened, None
            content, self._read_state = _contents_of(file, self._largest)
        else:
            content, self._read_state = _contents(self._path, self._largest)
        if len(content) > self._largest // _JSON_PART and content[:1] in b"{[":
            raise FeedError(f"is JSON of more than {self._largest // _JSON_PART:,} bytes; see max_indicator_file")
        return content


def _name_of(path: str) -> str:
    """Return the name of the file up to the first dot; of a manifest, that of its folder."""
    folder, name = os.path.split(os.path.abspath(path))
    name = os.path.basename(folder) if name == _MANIFEST and os.path.basename(folder) else name
    return printable((name.partition(".")[0] or name).encode("utf-8", "replace"), _LONGEST_NAME)


def _counted(feed: Feed) -> str:
    count = len(feed.indicators)
    return f"{count:,} indicator{'' if count == 1 else 's'}"


def _contents(path: str, largest: int) -> tuple[bytes, _State]:
    return _contents_of(_regular(os.open(path, _FLAGS)), largest)


def _contents_of(file: int, largest: int) -> tuple[bytes, _State]:
    """Return what an open file contains, and its state before it was read; and close it.

    Raises:
        FeedError: it is too large.
    """
    with os.fdopen(file, "rb") as opened:
        found = os.fstat(file)
        content = opened.read(largest + 1) if found.st_size <= largest else b""
    if found.st_size > largest or len(content) > largest:
        raise FeedError(f"has more than {largest:,} bytes; see max_indicator_file")
    return content, _state(found)


def _regular(file: int) -> int:
    """Return the file, unless it is a folder, a device or a FIFO."""
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(0, "it is not a regular file")
    return file


def _state(found: os.stat_result) -> _State:
    return found.st_ino, found.st_size, found.st_mtime_ns

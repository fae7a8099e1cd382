"""A log of entries in a few files: entries are only appended, and whole files deleted from the oldest on.

A file, a segment, is named after its level and the number of its first entry. An entry has a marker, so that the next
one is found behind a damaged one, its length and its CRC. The marker is a random number, which nobody who sends traffic
knows. An entry is written and synced before `append` returns; if that fails, the file is left, and the next entry
begins another.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

HEAD: Final = struct.Struct(">8sIIQd")
"""Marker, length of the contents, CRC-32 of what follows and the contents, number, time."""
CHECKED: Final = struct.Struct(">IQd")
MAX_NUMBER: Final = 2**63 - 1
MAX_ENTRY: Final = 2**23
"""Maximum bytes of an entry; a longer one is damage."""
SEGMENTS: Final = 16
"""Segments that the bytes, and again the time, are split into."""
MAX_FILES: Final = 4 * SEGMENTS
"""There are more than twice as many segments only if appending fails again and again."""
OWNER_ONLY: Final = 0o600
SUFFIX: Final = ".log"


class Entry(NamedTuple):
    """What was appended."""

    number: int
    time: float
    contents: bytes


class Damage(NamedTuple):
    """What was found broken when a log was opened."""

    torn: int = 0
    """Entries that were being written when the process or the host stopped. Nobody was told that they were kept."""
    missing: int = 0
    """Entries that are not as they were written, or that a file no longer has."""


@dataclass
class _Segment:
    path: Path
    first: int
    """Number of its first entry, and of the last one."""
    last: int
    size: int
    begun: float = 0.0
    """Time of its first entry, and of the last one."""
    ended: float = 0.0
    entries: int = 0
    end: int = 0
    """Where its last entry ends, when it was opened."""


class _Place(NamedTuple):
    """Where reading stopped."""

    path: Path | None = None
    number: int = 0
    end: int = 0

    def follows(self, segment: _Segment, number: int) -> bool:
        return self.path == segment.path and self.number == number


class Log:
    """The entries of one level in `folder`, at most `size` bytes of them, and none older than `age` seconds."""

    def __init__(self, folder: Path, name: str, marker: int, size: int, age: float) -> None:
        """Open the log, and cut off an entry that was not written completely.

        Raises:
            OSError: the folder cannot be read, or the file not be cut.
        """
        self._folder, self._name = folder, name
        self._marker, self._most, self._age = marker.to_bytes(8, "big"), size, age
        self._file: int | None = None
        self._failed = False
        self._segments: list[_Segment] = []
        self._place = _Place()
        for path in sorted(folder.glob(f"{name}-*{SUFFIX}")):
            self._take(path)
        self.found = Damage(self._cut_off(), self._missing())
        self.next = self._segments[-1].last + 1 if self._segments else 1
        """The number of the next entry."""

    def __len__(self) -> int:
        return sum(segment.entries for segment in self._segments)

    @property
    def size(self) -> int:
        """Bytes in all files."""
        return sum(segment.size for segment in self._segments)

    @property
    def files(self) -> int:
        """Number of files."""
        return len(self._segments)

    @property
    def first(self) -> int:
        """The number of the oldest entry, or of the next one if there is none."""
        return self._segments[0].first if self._segments else self.next

    def append(self, contents: bytes, time: float) -> int:
        """Append an entry, wait until it is on the disk, and return its number.

        Raises:
            OSError: it is not there; the caller may try again.
        """
        number = self.next
        checked = CHECKED.pack(len(contents), number, time)
        entry = HEAD.pack(self._marker, len(contents), _crc(checked, contents), number, time) + contents
        segment = self._current(len(entry), time)
        try:
            file = self._open_file(segment)
            _write(file, entry)
            os.fsync(file)
        except OSError:
            self._abandon(segment)
            raise
        segment.size += len(entry)
        segment.last, segment.ended, segment.entries = number, time, segment.entries + 1
        self.next, self._failed = number + 1, False
        return number

    def after(self, number: int, most: int) -> list[Entry]:
        """Return the entries after a number, oldest first: at least one if there is any, and about `most` bytes."""
        found: list[Entry] = []
        size = 0
        for entry in self.iterate(number):
            if found and size + len(entry.contents) > most:
                break
            found.append(entry)
            size += len(entry.contents)
        return found

    def iterate(self, number: int) -> Iterator[Entry]:
        """Iterate over all entries after a number, oldest first."""
        for segment in list(self._segments):
            if segment.last <= number:
                continue
            start = self._place.end if self._place.follows(segment, number) else 0
            for end, entry in self._entries(segment, start, segment.last):
                if entry.number > number:
                    self._place = _Place(segment.path, entry.number, end)
                    yield entry

    def newest(self) -> Iterator[Entry]:
        """Iterate over the entries, newest first."""
        for segment in reversed(self._segments):
            yield from reversed([entry for _, entry in self._entries(segment, 0, segment.last)])

    def skip_to(self, number: int) -> None:
        """Leave out numbers that entries may have had which are lost."""
        self.next = max(number, self.next)

    def drop_until(self, number: int) -> None:
        """Delete the files that have no entry after a number, but the last one, which tells what comes next."""
        while len(self._segments) > 1 and self._segments[0].last <= number:
            self._drop_first()

    def drop_old(self, now: float) -> int:
        """Delete the oldest files while there are too many bytes, or all entries of one are too old. Return the number
        of the last entry that was deleted; 0 if none was.
        """
        last = 0
        while len(self._segments) > 1 and self._is_over(now):
            last = self._segments[0].last
            self._drop_first()
        return last

    def close(self) -> None:
        """Close the file. It may be called twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    # Files ------------------------------------------------------------------------------------------------------------

    def _is_over(self, now: float) -> bool:
        too_many = self.size > self._most or len(self._segments) > MAX_FILES
        return too_many or self._segments[0].ended < now - self._age

    def _current(self, size: int, time: float) -> _Segment:
        """Return the segment for the next entry, a new one if the last is large or old enough, or has failed."""
        last = self._segments[-1] if self._segments else None
        if last is not None and last.entries and not self._failed:
            is_old = time >= last.begun + self._age / SEGMENTS
            if last.size + size <= self._most // SEGMENTS and not is_old:
                return last
        elif last is not None and not last.entries:
            self._segments.pop()
        self.close()
        path = self._folder / f"{self._name}-{self.next:019}{SUFFIX}"
        self._segments.append(_Segment(path, self.next, self.next - 1, 0, time, time))
        return self._segments[-1]

    def _open_file(self, segment: _Segment) -> int:
        if self._file is None:
            new = 0 if segment.entries else os.O_TRUNC  # a part of an entry may be there
            self._file = os.open(segment.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | new, OWNER_ONLY)
            _sync_folder(self._folder)
        return self._file

    def _abandon(self, segment: _Segment) -> None:
        """Leave a file to which an entry could not be written. What was written of it is cut off, if that works."""
        self._failed = True
        with suppress(OSError):
            if self._file is not None:
                os.ftruncate(self._file, segment.size)
        self.close()
        if not segment.entries:
            with suppress(OSError):
                self._segments.pop().path.unlink()

    def _drop_first(self) -> None:
        with suppress(OSError):  # the next write says what is wrong with the disk
            self._segments[0].path.unlink()
        del self._segments[0]

    # Reading ----------------------------------------------------------------------------------------------------------

    def _take(self, path: Path) -> None:
        number = path.stem.removeprefix(f"{self._name}-")
        if not number.isdecimal():
            return
        segment = _Segment(path, int(number), int(number) - 1, path.stat().st_size)
        for end, entry in self._entries(segment, 0, MAX_NUMBER):
            segment.begun = segment.begun or entry.time
            segment.last, segment.ended = entry.number, entry.time
            segment.entries, segment.end = segment.entries + 1, end
        before = self._segments[-1] if self._segments else None
        if before is not None and before.last >= segment.first:
            # It holds an entry that failed, and was then written to this file.
            before.entries -= before.last - segment.first + 1
            before.last = segment.first - 1
        self._segments.append(segment)

    def _cut_off(self) -> int:
        """Cut off what follows the last entry of the last file; return whether there was anything."""
        if not self._segments or (last := self._segments[-1]).end == last.size:
            return 0
        os.truncate(last.path, last.end)
        last.size = last.end
        return 1

    def _missing(self) -> int:
        numbers = self._segments[-1].last - self._segments[0].first + 1 if self._segments else 0
        return numbers - len(self)

    def _entries(self, segment: _Segment, start: int, most: int) -> Iterator[tuple[int, Entry]]:
        """Iterate over the entries of a file up to a number, from a place on, each with its end."""
        with open(segment.path, "rb") as file:
            last = -1
            while 0 <= start < segment.size:
                file.seek(start)
                entry = self._read(file)
                if entry is None:
                    start = self._next_marker(file, start + 1)
                    continue
                start += HEAD.size + len(entry.contents)
                if last < entry.number <= most:
                    yield start, entry
                    last = entry.number

    def _read(self, file: BinaryIO) -> Entry | None:
        """Read an entry; None if it is not complete, or damaged."""
        head = file.read(HEAD.size)
        if len(head) < HEAD.size:
            return None
        marker, length, crc, number, time = HEAD.unpack(head)
        if marker != self._marker or length > MAX_ENTRY:
            return None
        contents = file.read(length)
        right = len(contents) == length and _crc(CHECKED.pack(length, number, time), contents) == crc
        return Entry(number, time, contents) if right else None

    def _next_marker(self, file: BinaryIO, start: int) -> int:
        """Return the place of the next marker; -1 if there is none."""
        file.seek(start)
        found = file.read().find(self._marker)
        return found if found < 0 else start + found


def _crc(checked: bytes, contents: bytes) -> int:
    return zlib.crc32(contents, zlib.crc32(checked))


def _write(file: int, block: bytes) -> None:
    """Write all of a block; a full disk takes a part of it."""
    left = memoryview(block)
    while left:
        left = left[os.write(file, left) :]


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)

"""The parts of an ELF file that are loaded into memory (elf(5)). The file may be hostile."""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

_MAGIC: Final = b"\x7fELF\x02\x01"
"""Of files for 64-bit little-endian machines."""
_SEGMENT: Final = struct.Struct("<IIQQ8xQ")
_LOADED: Final = 1
_EXECUTABLE: Final = 1
_ADDRESSES: Final = 2**47
"""Of a process."""
_MOST_SEGMENTS: Final = 16
"""Maximum segments that are looked at; files have two to eight that are loaded."""


class NotElfError(ValueError):
    """The bytes are no ELF file for a 64-bit little-endian machine."""


class Segment(NamedTuple):
    """A part of the file that is loaded to one place."""

    offset: int
    """Where it begins in the file."""
    address: int
    size: int
    is_code: bool


class Elf:
    """The segments of an ELF file."""

    def __init__(self, image: bytes) -> None:
        """`image` is the whole file.

        Raises:
            NotElfError: it is none.
        """
        self.image = image
        try:
            self.machine, self.segments = _parsed(image)
        except (struct.error, OverflowError):
            raise NotElfError from None

    @property
    def code(self) -> Iterator[Segment]:
        """The segments that are executed."""
        return (segment for segment in self.segments if segment.is_code)

    def address(self, offset: int) -> int | None:
        """Where a byte of the file is loaded; None if it is not loaded."""
        for segment in self.segments:
            if segment.offset <= offset < segment.offset + segment.size:
                return segment.address + offset - segment.offset
        return None


def _parsed(image: bytes) -> tuple[int, tuple[Segment, ...]]:
    """Return the machine's number and the segments."""
    if not image.startswith(_MAGIC):
        raise NotElfError
    (machine,) = struct.unpack_from("<H", image, 18)
    (table,) = struct.unpack_from("<Q", image, 32)
    size, number = struct.unpack_from("<HH", image, 54)
    return machine, tuple(islice(_segments(image, table, size, number), _MOST_SEGMENTS))


def _segments(image: bytes, table: int, size: int, number: int) -> Iterator[Segment]:
    for index in range(number):
        kind, flags, offset, address, length = _SEGMENT.unpack_from(image, table + index * size)
        if kind == _LOADED and offset < len(image) and address < _ADDRESSES:
            yield Segment(offset, address, min(length, len(image) - offset), bool(flags & _EXECUTABLE))

"""Numbers, texts and typed values as SPOP writes them (doc/SPOE.txt section 3.1). Pure."""

from ipaddress import IPv4Address, IPv6Address
from typing import Final

Value = None | bool | int | str | bytes | IPv4Address | IPv6Address
"""A typed value. `str` has a character for each byte."""
NULL, BOOLEAN, INT32, UINT32, INT64, UINT64, IPV4, IPV6, STRING, BINARY = range(10)
_TRUE: Final = 0x10
_MOST_SHIFT: Final = 67
"""Bits beyond those of the largest number, which has 64."""


class WrongFrame(ValueError):  # noqa: N818 - the name says what is wrong
    """Bytes that are no frame, or one that must not come now."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        """Status code for the other side (section 3.5)."""


INVALID: Final = 4
_TOO_EARLY: Final = "invalid frame received: it ends too early"


class Cursor:
    """A place in the bytes of a frame."""

    def __init__(self, whole: bytes) -> None:
        self._whole = whole
        self._size = len(whole)
        self._place = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._place >= self._size

    def byte(self) -> int:
        """Take one byte."""
        place = self._place
        if place >= self._size:
            raise WrongFrame(INVALID, _TOO_EARLY)
        self._place = place + 1
        return self._whole[place]

    def take(self, length: int) -> bytes:
        """Take so many bytes."""
        begin = self._place
        end = begin + length
        if end > self._size:
            raise WrongFrame(INVALID, _TOO_EARLY)
        self._place = end
        return self._whole[begin:end]

    def rest(self) -> bytes:
        """Take all that is left."""
        return self.take(self._size - self._place)

    def number(self) -> int:
        """Take a number of variable length."""
        value = self.byte()
        if value < 240:
            return value
        shift, byte = 4, 128
        while byte >= 128:
            if shift > _MOST_SHIFT:
                raise WrongFrame(INVALID, "invalid frame received: a number is too long")
            byte = self.byte()
            value += byte << shift
            shift += 7
        return value & (2**64 - 1)

    def text(self) -> bytes:
        """Take bytes that their length precedes."""
        return self.take(self.number())

    def value(self) -> Value:
        """Take a typed value."""
        byte = self.byte()
        kind = byte & 0x0F
        if kind == STRING:
            return self.text().decode("latin-1")
        if kind == NULL:
            return None
        if kind == BOOLEAN:
            return bool(byte & _TRUE)
        if kind in (INT32, UINT32, INT64, UINT64):
            return _signed(self.number(), kind)
        return self._bytes_value(kind)

    def _bytes_value(self, kind: int) -> Value:
        if kind == BINARY:
            return self.text()
        if kind == IPV4:
            return IPv4Address(self.take(4))
        if kind == IPV6:
            return IPv6Address(self.take(16))
        raise WrongFrame(INVALID, "invalid frame received: an unknown type of value")


def _signed(value: int, kind: int) -> int:
    if kind == INT64 and value >= 2**63:
        return value - 2**64
    if kind == INT32 and value >= 2**31:
        return (value & (2**32 - 1)) - (2**32 if value & 2**31 else 0)
    return value


def number(value: int) -> bytes:
    """Write a number that is not negative."""
    if value < 240:
        return bytes((value,))
    written = bytearray((value & 0x0F | 0xF0,))
    value = (value - 240) >> 4
    while value >= 128:
        written.append(value & 0x7F | 0x80)
        value = (value - 128) >> 7
    written.append(value)
    return bytes(written)


def text(value: bytes) -> bytes:
    """Write bytes after their length."""
    return number(len(value)) + value


def typed(value: Value) -> bytes:
    """Write a typed value; numbers must fit into 32 bits and not be negative."""
    if value is None:
        return bytes((NULL,))
    if isinstance(value, bool):
        return bytes((BOOLEAN | (_TRUE if value else 0),))
    if isinstance(value, int):
        return bytes((UINT32,)) + number(value)
    if isinstance(value, str):
        return bytes((STRING,)) + text(value.encode("latin-1", "replace"))
    if isinstance(value, bytes):
        return bytes((BINARY,)) + text(value)
    return bytes((IPV4 if value.version == 4 else IPV6,)) + value.packed

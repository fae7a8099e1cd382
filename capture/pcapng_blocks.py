"""The blocks of pcapng files (draft-ietf-opsawg-pcapng): their kinds, and how a section tells its byte order."""

import os
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

SECTION: Final = 0x0A0D0D0A
INTERFACE, OLD_PACKET, SIMPLE_PACKET, PACKET, SECRETS = 1, 2, 3, 6, 10
MAGIC: Final = SECTION.to_bytes(4, "big")  # the same in both byte orders
ORDER_MAGIC: Final = 0x1A2B3C4D
LONGEST_BLOCK: Final = 2**24
TLS_KEYS: Final = 0x544C534B
"""The type of secrets that are lines of a key log: "TLSK"."""
END_OF_OPTIONS, COMMENT, RESOLUTION, TIME_OFFSET = 0, 1, 9, 14
_HEAD: Final = 12
_WINDOW: Final = 2**18


class Block(NamedTuple):
    """Where a block is in a file."""

    kind: int
    start: int
    length: int
    order: str
    """Byte order of its section, `<` or `>`."""


def byte_order(start: bytes) -> str:
    """Return `<` or `>` if the bytes start a section, otherwise an empty string."""
    for order in "<>":
        if len(start) >= _HEAD and start[:4] == MAGIC and struct.unpack_from(order + "I", start, 8)[0] == ORDER_MAGIC:
            return order
    return ""


def blocks(file: int) -> Iterator[Block]:
    """Yield the blocks of an open file up to the first invalid one. Only their headers are looked at."""
    position, order, window, first = 0, "", b"", 0
    while True:
        place = position - first
        if place + _HEAD > len(window):
            window, first, place = os.pread(file, _WINDOW, position), position, 0
        head = window[place : place + _HEAD]
        order = byte_order(head) if head[:4] == MAGIC else order
        if len(head) < _HEAD or not order:
            return
        kind, length = struct.unpack_from(order + "II", head)
        if length < _HEAD or length > LONGEST_BLOCK or length % 4:
            return
        yield Block(kind, position, length, order)
        position += length

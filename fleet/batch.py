"""Batches of encoded records on their way to a collector: the length of each, in four bytes, and its bytes. Pure."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from history.record_codec import MAX_BYTES

MAX_RECORDS: Final = 200
"""Maximum records of a batch."""
MAX_BATCH: Final = 2 * (MAX_BYTES + 4)
"""Maximum bytes of a batch."""
MEDIA_TYPE: Final = "application/vnd.http-monitor.records"
PATH: Final = "/records"
_LENGTH: Final = struct.Struct(">I")


def batches(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Put encoded records into as few batches as the limits allow, in order."""
    batch, records = bytearray(), 0
    for block in blocks:
        if records == MAX_RECORDS or len(batch) + _LENGTH.size + len(block) > MAX_BATCH:
            yield bytes(batch)
            batch, records = bytearray(), 0
        batch += _LENGTH.pack(len(block)) + block
        records += 1
    if records:
        yield bytes(batch)


def blocks_of(batch: bytes) -> Sequence[bytes]:
    """Return the encoded records of a batch.

    Raises:
        ValueError: it is malformed, or has too many records.
    """
    blocks: list[bytes] = []
    place = 0
    while place < len(batch):
        if len(batch) - place < _LENGTH.size or len(blocks) == MAX_RECORDS:
            raise ValueError("a batch is cut off, or has too many records")
        (length,) = _LENGTH.unpack_from(batch, place)
        place += _LENGTH.size
        if length > len(batch) - place:
            raise ValueError("a batch is cut off")
        blocks.append(batch[place : place + length])
        place += length
    return blocks

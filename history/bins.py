"""Packs counts of logarithmic bins: pairs of the distance from the previous bin and the count, both in LEB128. Pure.

A key of a minute takes a handful of bytes.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import accumulate
from math import ceil, log
from typing import Final

import numpy as np

from store.distribution import HIGHEST, LAST, LOWEST, bin_of

MAX_BYTES: Final = 9
"""Maximum bytes of a value, which is below 2**63."""
VERSION_1_GAMMA: Final = 1.01 / 0.99
"""Width of the bins in history files of version 1, whose bin 0 ended at LOWEST."""
VERSION_1_LAST: Final = ceil(log(HIGHEST / LOWEST) / log(VERSION_1_GAMMA))


def packed(counts: Mapping[int, int]) -> bytes:
    """Pack counts by bin number, from 0 up."""
    out = bytearray()
    last = 0
    for number in sorted(counts):
        for value in (number - last, counts[number]):
            while value > 127:
                out.append(value & 127 | 128)
                value >>= 7
            out.append(value)
        last = number
    return bytes(out)


def unpacked(block: bytes, last: int = LAST) -> dict[int, int]:
    """Unpack counts by bin number, ascending, up to `last`.

    Raises:
        ValueError: the bytes are malformed.
    """
    values = values_of(block)
    if len(values) % 2:
        raise ValueError("bins are malformed: incomplete pair")
    numbers = list(accumulate(values[::2]))
    if numbers and numbers[-1] > last:
        raise ValueError(f"bins are malformed: no bin {numbers[-1]}")
    return {number: count for number, count in zip(numbers, values[1::2], strict=True) if count}


def values_of(block: bytes) -> list[int]:
    """Return the values of a packed block.

    Raises:
        ValueError: the bytes are malformed.
    """
    return list(block) if block.isascii() else _values(block)


def _values(block: bytes) -> list[int]:
    """Decode LEB128: seven bits a byte, lowest first; the last byte of a value is below 128."""
    raw = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(raw < 128)
    starts = np.concatenate(([0], ends + 1))
    if starts[-1] != len(raw):
        raise ValueError("bins are malformed: incomplete pair")
    lengths = np.diff(starts)
    if lengths.max() > MAX_BYTES:
        raise ValueError("bins are malformed: a number is too large")
    places = np.arange(len(raw)) - np.repeat(starts[:-1], lengths)
    digits = (raw & 127).astype(np.uint64) << (7 * places).astype(np.uint64)
    values: list[int] = np.add.reduceat(digits, starts[:-1]).tolist()
    return values


def merged(one: bytes, two: bytes) -> bytes:
    """Add up two packed blocks."""
    if not one or not two:
        return one or two
    counts = unpacked(one)
    for number, count in unpacked(two).items():
        counts[number] = counts.get(number, 0) + count
    return packed(counts)


def converted(block: bytes) -> bytes:
    """Convert bins of version 1: each count goes to the bin of the time that it represented."""
    counts: dict[int, int] = {}
    for number, count in unpacked(block, VERSION_1_LAST).items():
        now = _converted(number)
        counts[now] = counts.get(now, 0) + count
    return packed(counts)


@lru_cache(maxsize=VERSION_1_LAST + 1)
def _converted(number: int) -> int:
    return bin_of(LOWEST if number == 0 else 2 * LOWEST * VERSION_1_GAMMA**number / (VERSION_1_GAMMA + 1))

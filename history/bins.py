"""Packs counts of logarithmic bins: pairs of the distance from the previous bin and the count, both in LEB128. Pure.

A key of a minute takes a handful of bytes.
"""

from collections.abc import Mapping
from functools import lru_cache
from math import ceil, log
from typing import Final

from store.distribution import HIGHEST, LAST, LOWEST, bin_of

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
    """Unpack counts by bin number, up to `last`.

    Raises:
        ValueError: the bytes are malformed.
    """
    values: list[int] = []
    value = shift = 0
    for byte in block:
        value |= (byte & 127) << shift
        if byte & 128:
            shift += 7
        else:
            values.append(value)
            value = shift = 0
    if shift or len(values) % 2:
        raise ValueError("bins are malformed: incomplete pair")
    counts: dict[int, int] = {}
    number = 0
    for distance, count in zip(values[::2], values[1::2], strict=True):
        number += distance
        counts[number] = count
    if number > last:
        raise ValueError(f"bins are malformed: no bin {number}")
    return counts


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

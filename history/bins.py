"""Counts of logarithmic bins as bytes and back: pairs of the distance from the bin before and the count, both LEB128.

A handful of bytes for a key of a minute. Pure.
"""

from collections.abc import Mapping
from functools import lru_cache
from math import ceil, log
from typing import Final

from store.distribution import HIGHEST, LAST, LOWEST, bin_of

FORMER: Final = 1.01 / 0.99
"""The width of the bins of histories of version 1, whose bin 0 ended at LOWEST."""
FORMER_LAST: Final = ceil(log(HIGHEST / LOWEST) / log(FORMER))


def packed(counts: Mapping[int, int]) -> bytes:
    """Counts by number of the bin, from 0 up."""
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
    """Counts by number of the bin, up to `last`.

    Raises:
        ValueError: the bytes are no such pairs.
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
        raise ValueError("bins are malformed: they end in the middle of a pair")
    counts: dict[int, int] = {}
    number = 0
    for distance, count in zip(values[::2], values[1::2], strict=True):
        number += distance
        counts[number] = count
    if number > last:
        raise ValueError(f"bins are malformed: there is no bin {number}")
    return counts


def merged(one: bytes, two: bytes) -> bytes:
    """Both together."""
    if not one or not two:
        return one or two
    counts = unpacked(one)
    for number, count in unpacked(two).items():
        counts[number] = counts.get(number, 0) + count
    return packed(counts)


def converted(block: bytes) -> bytes:
    """Bins of version 1 as they are now: each count goes to the bin of the time that it stood for."""
    counts: dict[int, int] = {}
    for number, count in unpacked(block, FORMER_LAST).items():
        now = _converted(number)
        counts[now] = counts.get(now, 0) + count
    return packed(counts)


@lru_cache(maxsize=FORMER_LAST + 1)
def _converted(number: int) -> int:
    return bin_of(LOWEST if number == 0 else 2 * LOWEST * FORMER**number / (FORMER + 1))

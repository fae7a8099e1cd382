"""Counts of logarithmic bins as bytes and back: pairs of the distance from the bin before and the count, both LEB128.

A handful of bytes for a key of a minute. Pure.
"""

from collections.abc import Mapping

from store.distribution import LAST


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


def unpacked(block: bytes) -> dict[int, int]:
    """Counts by number of the bin.

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
    if number > LAST:
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

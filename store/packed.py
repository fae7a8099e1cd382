"""Count, total, volume and times of a key as one whole number: two of them are added, or subtracted, at one go.

From the lowest bit on: nanoseconds, timed, count, volume, total. Each is never negative, and has room for 2^44 times (a
day of 200 million a second) the most that one record may add; the total, on top, has no end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NANOSECONDS: Final = 10**9
MOST_SECONDS: Final = 1e9
"""Of one record, 31 years. What is longer counts as that: it is no time but damage."""
MOST_VOLUME: Final = 2**64 - 1
"""Of one response, in bytes, likewise."""

_ROOM: Final = 44
_TIMED: Final = 60 + _ROOM
_COUNT: Final = _TIMED + _ROOM
_VOLUME: Final = _COUNT + _ROOM
_TOTAL: Final = _VOLUME + 64 + _ROOM
_MANY: Final = (1 << _ROOM) - 1
_LONG: Final = (1 << _TIMED) - 1
_LARGE: Final = (1 << (64 + _ROOM)) - 1

_TIMED_ONCE: Final = 1 << _TIMED
ONE: Final = 1 << _COUNT
"""Counted once."""


@dataclass(frozen=True)
class Unpacked:
    """Each sum by itself."""

    count: int
    total: int
    volume: int
    timed: int
    nanoseconds: int


def times(seconds: Sequence[float | None]) -> list[int]:
    """One time each, of 0 to MOST_SECONDS; nothing for None."""
    return [0 if value is None else _TIMED_ONCE + round(value * NANOSECONDS) for value in seconds]


def volumes(sizes: Sequence[int]) -> list[int]:
    """Bytes of one response each."""
    if max(sizes, default=0) > MOST_VOLUME:
        sizes = [min(size, MOST_VOLUME) for size in sizes]
    return [size << _VOLUME for size in sizes]


def totals(amounts: Sequence[int | None]) -> list[int]:
    """What a statistic adds up; nothing for None."""
    return [0 if amount is None else amount << _TOTAL for amount in amounts]


def count_of(packed: int) -> int:
    """How often."""
    return packed >> _COUNT & _MANY


def counts_of(sums: Sequence[int]) -> list[int]:
    """How often, of many."""
    return [packed >> _COUNT & _MANY for packed in sums]


def total_of(packed: int) -> int:
    """Sum of the amounts."""
    return packed >> _TOTAL


def nanoseconds_of(packed: int) -> int:
    """Sum of the times."""
    return packed & _LONG


def unpacked(packed: int) -> Unpacked:
    """Each sum by itself."""
    return Unpacked(
        count_of(packed), total_of(packed), packed >> _VOLUME & _LARGE, packed >> _TIMED & _MANY, nanoseconds_of(packed)
    )


def packed(sums: Unpacked) -> int:
    """All of them as one."""
    total, volume = sums.total << _TOTAL, sums.volume << _VOLUME
    return total + volume + (sums.count << _COUNT) + (sums.timed << _TIMED) + sums.nanoseconds

"""Which sequences of a spool were applied, as few ranges as possible: sensors write them without gaps. Pure."""

from bisect import bisect_right
from collections.abc import Iterable

MAX_RANGES = 1000
"""Maximum ranges of a spool. A gap remains only where a sensor had to drop records before it could send them."""


class Ranges:
    """A set of sequences. If it has too many gaps, the earliest is closed: what lies in it counts as applied."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        """Take ranges, first and last sequence of each, in order and apart from each other."""
        self._ranges = list(ranges)

    def __contains__(self, sequence: int) -> bool:
        place = self._before(sequence)
        return place >= 0 and sequence <= self._ranges[place][1]

    def add(self, sequence: int) -> None:
        """Add a sequence, which may be there already."""
        if sequence in self:
            return
        place = self._before(sequence)
        first = last = sequence
        begin, end = place + 1, place + 1
        if place >= 0 and self._ranges[place][1] == sequence - 1:
            begin, first = place, self._ranges[place][0]
        if end < len(self._ranges) and self._ranges[end][0] == sequence + 1:
            last, end = self._ranges[end][1], end + 1
        self._ranges[begin:end] = [(first, last)]
        if len(self._ranges) > MAX_RANGES:
            self._ranges[:2] = [(self._ranges[0][0], self._ranges[1][1])]

    def all(self) -> list[tuple[int, int]]:
        """Return first and last sequence of each range, in order."""
        return list(self._ranges)

    def _before(self, sequence: int) -> int:
        """Return the place of the last range that starts at or before a sequence; -1 if there is none."""
        return bisect_right(self._ranges, sequence, key=lambda each: each[0]) - 1

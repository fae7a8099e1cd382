"""Overload: how much of the traffic was dropped because the program was too slow, so that all figures are too low."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple


class Taken(NamedTuple):
    """What was taken and what was dropped of packets, or of records; totals since the start."""

    taken: int
    dropped: int


Reading = Sequence[Taken]
"""Totals of packets and of records at one moment."""


def dropped_share(before: Reading, after: Reading) -> float:
    """Return which share of the packets or of the records, whichever is larger, was dropped between two readings."""
    return max(map(_share, before, after), default=0.0)


def _share(before: Taken, after: Taken) -> float:
    taken, dropped = after.taken - before.taken, after.dropped - before.dropped
    return dropped / (taken + dropped) if dropped > 0 else 0.0


class Overload:
    """Knows the share that was dropped in the last `span` seconds, and since the current window opened.

    A reading tells of the time at which it was read. While the program is too slow, packet time is behind that: what
    was dropped until a reading is missing from packets that are yet to come.
    """

    def __init__(self, span: float) -> None:
        self._span = span
        self._now = 0.0
        # The latest readings with the time at which they were read, and one that is at least as old as the span.
        self._readings: deque[tuple[float, Reading]] = deque([(0.0, ())])
        self._at_opening: Reading = ()

    def note(self, now: float, read_at: float, reading: Reading) -> None:
        """Note at packet time `now` what was read at `read_at`. What was dropped before the first reading is old."""
        if not self._latest:
            self._readings[0], self._at_opening = (now, reading), reading
        self._now = now
        self._readings.append((max(now, read_at), reading))
        while len(self._readings) > 1 and self._readings[1][0] <= now - self._span:
            self._readings.popleft()

    def open_window(self, opens: float) -> None:
        """Note that a window opens at `opens`."""
        self._at_opening = self._before(opens)

    @property
    def recent(self) -> float:
        """The share that was dropped in the last `span` seconds, from 0 to 1."""
        return dropped_share(self._before(self._now - self._span), self._latest)

    @property
    def in_window(self) -> float:
        """The share that was dropped since the window opened, from 0 to 1."""
        return dropped_share(self._at_opening, self._latest)

    def _before(self, time: float) -> Reading:
        """Return the latest reading until a time, otherwise the oldest one."""
        return next((reading for at, reading in reversed(self._readings) if at <= time), self._readings[0][1])

    @property
    def _latest(self) -> Reading:
        return self._readings[-1][1]

"""The latest windows of a series, and their sums over the times that are judged."""

from collections import deque
from typing import Final, NamedTuple

from alerting.reach import LONG
from alerting.scale import Sum

KEPT: Final = 5400.0
"""Seconds of windows kept to find the start of a change."""
_SUMMED: Final = (5, 15, LONG.windows)
"""Numbers of windows whose sums are kept."""


class Seen(NamedTuple):
    """One or more windows."""

    total: Sum
    traffic: float


class Latest:
    """The windows of the last hour and a half, latest last, each with its end."""

    __slots__ = ("_sums", "windows")

    def __init__(self) -> None:
        self.windows: deque[tuple[float, Seen]] = deque()
        # Seen, expected, base and traffic of the last windows, for each length of `_SUMMED`.
        self._sums = [[0.0] * 4 for _ in _SUMMED]

    def __len__(self) -> int:
        return len(self.windows)

    def append(self, ends: float, total: Sum, traffic: float) -> None:
        """Add a window."""
        self.windows.append((ends, Seen(total, traffic)))
        for windows, sums in zip(_SUMMED, self._sums, strict=True):
            sums[0] += total[0]
            sums[1] += total[1]
            sums[2] += total[2]
            sums[3] += traffic
            if len(self.windows) > windows:
                gone, of_window = self.windows[-1 - windows][1]
                sums[0] -= gone[0]
                sums[1] -= gone[1]
                sums[2] -= gone[2]
                sums[3] -= of_window
        while self.windows[0][0] <= ends - KEPT and len(self.windows) > LONG.windows:
            self.windows.popleft()

    def at(self, place: int) -> Seen:
        """Return a window: -1 is the latest."""
        return self.windows[place][1]

    def last(self, windows: int) -> Seen:
        """Return the sum of the latest windows, one or two or a length of `_SUMMED`, or of all if there are fewer."""
        if windows == 1 or len(self.windows) == 1:
            return self.windows[-1][1]
        if windows == 2:
            (first, traffic), (second, more) = self.windows[-2][1], self.windows[-1][1]
            return Seen(first + second, traffic + more)
        seen, expected, base, traffic = self._sums[_SUMMED.index(windows)]
        return Seen(Sum(seen, expected, base), traffic)

    def clear(self) -> None:
        """Forget them."""
        self.windows.clear()
        self._sums = [[0.0] * 4 for _ in _SUMMED]

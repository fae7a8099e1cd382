"""Counts by key over a sliding window, and what they usually are: their average over the hour before. Pure."""

from collections.abc import Mapping
from heapq import nlargest
from typing import Final

from detection.tally import LATE, MAX_KEYS, Tally

LEAST: Final = 10
"""Halves of a window that must have passed before it is known what is usual."""
PERIODS: Final = 120
"""Halves that the average covers: an hour, for a window of a minute. Older ones fade, and a longer silence ends it."""
MAX_USUAL: Final = 2000
"""Keys whose average is kept: those with the highest ones."""


class Rates(Tally):
    """How often each key occurred in the window, and how often it usually does.

    When there are too many keys, those with the lowest counts are forgotten, so a heavy one is found however late.
    """

    def __init__(self, window: float, max_keys: int = MAX_KEYS) -> None:
        super().__init__(window, max_keys)
        self._averages: dict[str, float] = {}
        """Counts in half a window."""
        self._first = 0
        """Number of the half in which counting began."""
        self._passed = 0

    @property
    def keys(self) -> int:
        """Number of keys in the window, at least."""
        return max(len(self._current), len(self._before))

    def usual(self, key: str) -> float | None:
        """Return how often a key occurs in a window on average, without the current one; None if not known yet."""
        return 2 * self._averages.get(key, 0.0) if self._passed >= LEAST else None

    def _move_to(self, time: float) -> None:
        number = int(time // self._half)
        if not self._number or not self._number - LATE <= number <= self._number + PERIODS:
            self._first, self._passed, self._averages = number, 0, {}  # the beginning, or a clock that was set
            self._before, self._current = {}, {}
        elif number > self._number:
            if self._number > self._first:
                self._pass(self._before)
            if number > self._number + 1:
                self._pass(self._current)
                self._pass({}, number - self._number - 2)
        super()._move_to(time)

    def _pass(self, counts: Mapping[str, int], times: int = 1) -> None:
        """Take the counts of a half that left the window into the averages; `times` for several without any."""
        if not times:
            return
        self._passed = min(self._passed + times, PERIODS)
        kept = 1 - times / self._passed
        averages = {key: kept * average for key, average in self._averages.items()}
        for key, count in counts.items():
            averages[key] = averages.get(key, 0.0) + count / self._passed
        if len(averages) > MAX_USUAL:
            averages = dict(nlargest(MAX_USUAL, averages.items(), key=lambda item: item[1]))
        self._averages = averages

    def _has_room(self, key: str) -> bool:
        if key not in self._current and len(self._current) >= self._max_keys:
            heaviest = nlargest(self._max_keys // 2, self._current.items(), key=lambda item: item[1])
            self.full += len(self._current) - len(heaviest)
            self._current = dict(heaviest)
        return True

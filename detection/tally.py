"""Counts by key over a sliding window of packet time, with a bounded number of keys. Pure.

The window is two halves: counts of the current half and of the one before. So a total covers between half a window and
a whole one, and forgetting costs nothing.
"""

from collections.abc import Iterable
from typing import Final, Generic, TypeVar

from traffic.finding import SEVERITIES

Kept = TypeVar("Kept", int, set[int])

LATE: Final = 20
"""Halves of a window that a record may be late. Earlier times are another clock: it was set back, or a record was
wrong about a time far ahead.
"""
MAX_KEYS: Final = 20_000
"""Keys in a half of a window. Further ones are not counted in it: `Tally.full` says how many times that happened."""

MAX_VALUES: Final = 200_000
"""Values of all keys together in a half of a window. Further ones are not counted in it, either."""


_NONE: Final[frozenset[int]] = frozenset()


class Halves(Generic[Kept]):
    """What is kept of each key in both halves of the window."""

    def __init__(self, window: float, max_keys: int = MAX_KEYS) -> None:
        self.full = 0
        """Times that a key was not counted because there were too many."""
        self._half = window / 2
        self._max_keys = max_keys
        self._number = 0
        self._current: dict[str, Kept] = {}
        self._before: dict[str, Kept] = {}
        # Values of all keys in the current half, where several are kept of a key.
        self._values = 0

    def _move_to(self, time: float) -> None:
        """Move on to the half that contains `time`. Earlier times count in the current half."""
        number = int(time // self._half)
        if number > self._number or number < self._number - LATE:
            self._before = self._current if number == self._number + 1 else {}
            self._current, self._values = {}, 0
            self._number = number

    def _has_room(self, key: str) -> bool:
        if key in self._current or len(self._current) < self._max_keys:
            return True
        self.full += 1
        return False


class Tally(Halves[int]):
    """How often each key occurred."""

    def add(self, key: str, time: float, amount: int = 1) -> int:
        """Count a key, and return its total in the window."""
        self._move_to(time)
        if not self._has_room(key):
            return self._before.get(key, 0)
        self._current[key] = count = self._current.get(key, 0) + amount
        return count + self._before.get(key, 0)

    def total(self, key: str, time: float) -> int:
        """Return the total of a key in the window."""
        self._move_to(time)
        return self._current.get(key, 0) + self._before.get(key, 0)


class Distinct(Halves[set[int]]):
    """How many distinct values each key occurred with, up to `most`; values are kept as hashes."""

    def __init__(self, window: float, most: int, max_keys: int = MAX_KEYS, max_values: int = MAX_VALUES) -> None:
        super().__init__(window, max_keys)
        self._most = most
        self._max_values = max_values

    def add(self, key: str, time: float, value: str) -> int:
        """Count a value of a key, and return the number of its distinct values in the window."""
        return self.add_all(key, time, (value,))

    def add_all(self, key: str, time: float, values: Iterable[str]) -> int:
        """Count values of a key, and return the number of its distinct values in the window."""
        self._move_to(time)
        before = self._before.get(key, _NONE)
        if not self._has_room(key):
            return len(before)
        current = self._current.setdefault(key, set())
        for value in map(hash, values):
            if value not in current and value not in before:
                if len(current) >= self._most:
                    break
                self._keep(value, current)
        return len(current) + len(before)

    def _keep(self, value: int, values: set[int]) -> None:
        if self._values < self._max_values:
            values.add(value)
            self._values += 1
        else:
            self.full += 1


class Repeats:
    """Tells the first of a series, so that one attacker makes one finding and not thousands."""

    def __init__(self, pause: float, max_keys: int = MAX_KEYS) -> None:
        """A series ends `pause` seconds after it was last reported."""
        self._reported: dict[str, float] = {}
        self._pause = pause
        self._max_keys = max_keys

    def is_first(self, key: str, time: float) -> bool:
        """Return whether to report a key again."""
        last = self._reported.get(key)
        if last is not None and abs(time - last) < self._pause:
            return False
        if len(self._reported) >= self._max_keys:
            self._reported = {key: at for key, at in self._reported.items() if abs(time - at) < self._pause}
            if len(self._reported) >= self._max_keys:
                self._reported.clear()  # a finding too many is better than one too few
        self._reported[key] = time
        return True

    def recent(self, time: float) -> set[str]:
        """Return the keys that were reported in the pause before `time`."""
        return {key for key, last in self._reported.items() if abs(time - last) < self._pause}


class Escalation:
    """Tells the first of a series, and what is worse than all that was reported of it."""

    def __init__(self, pause: float) -> None:
        """See `Repeats`."""
        self._repeats = Repeats(pause)

    def is_news(self, severity: str, key: str, time: float) -> bool:
        """Return whether to report a key with this severity."""
        news = self._repeats.is_first(f"{severity} {key}", time)
        for lower in SEVERITIES[: SEVERITIES.index(severity)]:
            self._repeats.is_first(f"{lower} {key}", time)
        return news

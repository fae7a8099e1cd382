"""The notices of one receiver that wait, in order, and when the next try is due. Pure: time and chance are arguments.

A notice is tried until the receiver takes it, refuses it for good, or `retry_limit` has passed since it was told. The
next one waits meanwhile, so that a dismissal never comes before its raise. Between tries there is a pause that doubles
from `FIRST_PAUSE` to `LONGEST_PAUSE`, of which chance takes up to a half, so that many monitors do not call at once.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from notices.notice import Notice
from notices.standing import Standing

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
LONGEST_REQUESTED: Final = 600.0
"""Seconds that a receiver may ask to be left alone for."""
BUSY: Final = 30.0
"""Seconds after which a receiver that still deals with a notice is worth a word."""


@dataclass(frozen=True)
class Limits:
    """Of each receiver."""

    queue: int
    """Notices that wait, at most; when one more comes, the oldest is given up."""
    retry_limit: float
    """Seconds after which a notice that could not be delivered is given up."""


@dataclass(frozen=True)
class _Waiting:
    notice: Notice
    deadline: float


def backoff(tries: int, chance: float) -> float:
    """Seconds to wait after so many failures in a row, from 1; `chance` is from 0 to 1."""
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 16))
    return whole * (1 - chance / 2)


class Delivery:
    """`take` says what to send now; then `sent`, `refused` or `unavailable` says what came of it."""

    def __init__(self, name: str, limits: Limits, repeat: float | None = None) -> None:
        """`repeat`: seconds after which an alert that goes on is said again, for a receiver that forgets."""
        self.name = name
        self._limits = limits
        self._repeat = repeat
        self._queue: deque[_Waiting] = deque()
        self._under_way: Notice | None = None
        self._since = 0.0  # when it was taken
        self._failures = 0  # in a row
        self._lost = 0
        self._reason = ""
        self._next_try = 0.0
        self._standing = Standing()
        self._repeats: deque[Notice] = deque()  # that are due
        self._repeat_at = 0.0

    @property
    def waiting(self) -> int:
        """Notices that wait, with the one under way."""
        return len(self._queue)

    def add(self, notice: Notice, now: float) -> None:
        """A new notice."""
        if len(self._queue) >= self._limits.queue:
            del self._queue[1 if self._first_is_under_way() else 0]
            self._lose("too many waited")
        self._queue.append(_Waiting(notice, now + self._limits.retry_limit))

    def take(self, now: float) -> Notice | None:
        """What is to be sent now, if anything."""
        if now < self._next_try:
            return None
        if self._queue:
            self._under_way = self._queue[0].notice
        elif self._repeat is not None and self._standing and now >= self._repeat_at:
            self._repeats = self._repeats or deque(self._standing)
            self._under_way = self._repeats[0]
        self._since = now
        return self._under_way

    def pause(self, now: float) -> float | None:
        """Seconds until `take` has something; None when it is not known."""
        if self._queue:
            return max(0.0, self._next_try - now)
        if self._repeat is not None and self._standing:
            return max(0.0, self._repeat_at - now, self._next_try - now)
        return None

    def sent(self, now: float) -> None:
        """The notice under way was taken."""
        if self._under_way is not None:
            self._standing.told(self._under_way)
        if self._first_is_under_way():
            self._repeats.clear()  # they may be out of date now
        self._finish(now)

    def refused(self, now: float, reason: str) -> None:
        """It was not, and never will be."""
        if self._first_is_under_way():
            self._lose(reason)
        self._finish(now)

    def unavailable(self, now: float, reason: str, chance: float, retry_after: float = 0.0) -> None:
        """It was not, and may be later."""
        self._under_way = None
        self._failures += 1
        self._reason = reason
        pause = max(backoff(self._failures, chance), min(retry_after, LONGEST_REQUESTED))
        self._next_try = now + pause
        while self._queue and self._queue[0].deadline < self._next_try:
            self._queue.popleft()
            self._lose(reason)

    def hurry(self, deadline: float) -> None:
        """The end is near: try at once and then at short pauses, give up what has not been delivered by then, and
        repeat nothing.
        """
        self._queue = deque(_Waiting(each.notice, min(each.deadline, deadline)) for each in self._queue)
        self._failures, self._next_try = 0, 0.0
        self._standing.clear()
        self._repeats.clear()

    def abandon(self, reason: str) -> None:
        """Give up all that waits."""
        while self._queue:
            self._queue.popleft()
            self._lose(reason)

    def complaints(self, now: float) -> list[str]:
        """What the user should know: that the receiver fails, and what it did not get."""
        sentences = []
        if self._failures and (self._queue or self._repeats):
            sentences.append(f"{self.name}: {self._reason}; {self._outlook(now)}")
        elif self._under_way and now - self._since >= BUSY:
            sentences.append(f"{self.name}: busy with a notice for {now - self._since:.0f} s{self._waiters()}")
        if self._lost:
            sentences.append(f"{self.name}: {_counted(self._lost)} not delivered: {self._reason}")
        return sentences

    def _outlook(self, now: float) -> str:
        tried = "tried once" if self._failures == 1 else f"tried {self._failures} times"
        coming = "trying now" if self._under_way else f"next try in {max(0, round(self._next_try - now))} s"
        return f"{tried}, {coming}{self._waiters()}"

    def _waiters(self) -> str:
        if not self._queue:
            return ""
        return f"; {_counted(len(self._queue))} {'waits' if len(self._queue) == 1 else 'wait'}"

    def _first_is_under_way(self) -> bool:
        return bool(self._queue) and self._under_way is self._queue[0].notice

    def _finish(self, now: float) -> None:
        """The receiver answered: the notice under way is done with."""
        if self._first_is_under_way():
            self._queue.popleft()
        elif self._repeats:
            self._repeats.popleft()
        if not self._repeats:
            self._repeat_at = now + (self._repeat or 0.0)
        self._under_way = None
        self._failures, self._next_try = 0, 0.0

    def _lose(self, reason: str) -> None:
        self._lost += 1
        self._reason = reason


def _counted(number: int) -> str:
    return "1 notice" if number == 1 else f"{number:,} notices"

"""Queues the notices of one receiver, and decides when to try again. Pure: time and chance are arguments.

A notice is tried until the receiver accepts it, rejects it for good, or `retry_limit` has passed since it was queued.
The next one waits meanwhile, so that a dismissal never arrives before its alert. The pause between tries doubles from
`FIRST_PAUSE` to `LONGEST_PAUSE`; chance shortens it by up to a half, so that many monitors do not call at once.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from notices.notice import Notice
from notices.standing import Standing

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
LONGEST_REQUESTED: Final = 600.0
"""Longest pause in seconds that a receiver may request."""
BUSY: Final = 30.0
"""Seconds after which a receiver that is still busy with a notice is reported."""


@dataclass(frozen=True)
class Limits:
    """The limits of each receiver."""

    queue: int
    """Maximum notices queued; if there are more, the oldest is dropped."""
    retry_limit: float
    """Seconds after which a notice that could not be delivered is dropped."""


@dataclass(frozen=True)
class _Waiting:
    notice: Notice
    deadline: float


def backoff(tries: int, chance: float) -> float:
    """Return the seconds to wait after `tries` failures in a row; `chance` is from 0 to 1."""
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 16))
    return whole * (1 - chance / 2)


class Delivery:
    """`take` returns the notice to send now; then call `sent`, `refused` or `unavailable` with the result."""

    def __init__(self, name: str, limits: Limits, repeat: float | None = None) -> None:
        """`repeat` is the interval in seconds at which a receiver that forgets is reminded of an active alert."""
        self.name = name
        self._limits = limits
        self._repeat = repeat
        self._queue: deque[_Waiting] = deque()
        self._current: Notice | None = None
        self._since = 0.0  # when it became the current one
        self._failures = 0  # in a row
        self._lost = 0
        self._reason = ""
        self._next_try = 0.0
        self._standing = Standing()
        self._repeats: deque[Notice] = deque()  # those that are due
        self._repeat_at = 0.0

    @property
    def waiting(self) -> int:
        """Number of queued notices, including the current one."""
        return len(self._queue)

    def add(self, notice: Notice, now: float) -> None:
        """Queue a notice."""
        if len(self._queue) >= self._limits.queue:
            del self._queue[1 if self._first_is_current() else 0]
            self._lose("the queue was full")
        self._queue.append(_Waiting(notice, now + self._limits.retry_limit))

    def take(self, now: float) -> Notice | None:
        """Return the notice to send now; None if there is none or a pause is not over."""
        if now < self._next_try:
            return None
        if self._queue:
            self._current = self._queue[0].notice
        elif self._repeat is not None and self._standing and now >= self._repeat_at:
            self._repeats = self._repeats or deque(self._standing)
            self._current = self._repeats[0]
        self._since = now
        return self._current

    def pause(self, now: float) -> float | None:
        """Return the seconds until `take` has a notice; None if nobody knows."""
        if self._queue:
            return max(0.0, self._next_try - now)
        if self._repeat is not None and self._standing:
            return max(0.0, self._repeat_at - now, self._next_try - now)
        return None

    def sent(self, now: float) -> None:
        """The receiver accepted the current notice."""
        if self._current is not None:
            self._standing.told(self._current)
        if self._first_is_current():
            self._repeats.clear()  # they may be outdated now
        self._finish(now)

    def refused(self, now: float, reason: str) -> None:
        """The receiver rejected the current notice for good."""
        if self._first_is_current():
            self._lose(reason)
        self._finish(now)

    def unavailable(self, now: float, reason: str, chance: float, retry_after: float = 0.0) -> None:
        """The receiver may accept the current notice later."""
        self._current = None
        self._failures += 1
        self._reason = reason
        pause = max(backoff(self._failures, chance), min(retry_after, LONGEST_REQUESTED))
        self._next_try = now + pause
        while self._queue and self._queue[0].deadline < self._next_try:
            self._queue.popleft()
            self._lose(reason)

    def hurry(self, deadline: float) -> None:
        """Prepare for the end: retry at once and after short pauses, drop what is not delivered by `deadline`, and send
        no reminders.
        """
        self._queue = deque(_Waiting(each.notice, min(each.deadline, deadline)) for each in self._queue)
        self._failures, self._next_try = 0, 0.0
        self._standing.clear()
        self._repeats.clear()

    def abandon(self, reason: str) -> None:
        """Drop all queued notices."""
        while self._queue:
            self._queue.popleft()
            self._lose(reason)

    def complaints(self, now: float) -> list[str]:
        """Return sentences for the user: that the receiver fails, and how many notices it did not get."""
        sentences = []
        if self._failures and (self._queue or self._repeats):
            sentences.append(f"{self.name}: {self._reason}; {self._outlook(now)}")
        elif self._current and now - self._since >= BUSY:
            sentences.append(f"{self.name}: busy with a notice for {now - self._since:.0f} s{self._waiters()}")
        if self._lost:
            sentences.append(f"{self.name}: {_counted(self._lost)} not delivered: {self._reason}")
        return sentences

    def _outlook(self, now: float) -> str:
        tried = "tried once" if self._failures == 1 else f"tried {self._failures} times"
        coming = "trying now" if self._current else f"next try in {max(0, round(self._next_try - now))} s"
        return f"{tried}, {coming}{self._waiters()}"

    def _waiters(self) -> str:
        if not self._queue:
            return ""
        return f"; {_counted(len(self._queue))} queued"

    def _first_is_current(self) -> bool:
        return bool(self._queue) and self._current is self._queue[0].notice

    def _finish(self, now: float) -> None:
        """Finish the current notice, which the receiver accepted or rejected."""
        if self._first_is_current():
            self._queue.popleft()
        elif self._repeats:
            self._repeats.popleft()
        if not self._repeats:
            self._repeat_at = now + (self._repeat or 0.0)
        self._current = None
        self._failures, self._next_try = 0, 0.0

    def _lose(self, reason: str) -> None:
        self._lost += 1
        self._reason = reason


def _counted(number: int) -> str:
    return "1 notice" if number == 1 else f"{number:,} notices"

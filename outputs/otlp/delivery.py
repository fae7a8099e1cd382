"""Queues exports, and decides when to try again. Pure: time and chance are arguments.

An export that the collector may take later is tried until it does: no sums are lost while it is down. The queue is
short, and while it is full, nothing is added: the next export then covers a longer time.
"""

from collections import deque
from typing import Final, Generic, TypeVar

from notices.delivery import LONGEST_REQUESTED, backoff
from outputs.otlp.collector import Answer

BUSY: Final = 30.0
"""Seconds after which a collector that has not answered is reported."""
Item = TypeVar("Item")


class Delivery(Generic[Item]):
    """`take` returns the export to send now; then call `sent`, `refused` or `unavailable` with the result."""

    def __init__(self, name: str, limit: int) -> None:
        """Queue at most `limit` exports, including the one that is sent."""
        self._name = name
        self._limit = limit
        self._queue: deque[Item] = deque()
        self._since: float | None = None  # when the current try began
        self._failures = 0  # in a row
        self._next_try = 0.0
        self._reason = ""
        self._lost = 0
        self._lost_because = ""
        self._rejected = 0
        self._remark = ""

    @property
    def waiting(self) -> int:
        """Number of queued exports, including the current one."""
        return len(self._queue)

    @property
    def has_room(self) -> bool:
        """Whether another export can be queued."""
        return len(self._queue) < self._limit

    @property
    def failing(self) -> bool:
        """Whether the last try failed, so that nobody should wait for the next."""
        return self._failures > 0

    def add(self, item: Item) -> None:
        """Queue an export, for which there must be room."""
        if not self.has_room:
            raise ValueError("the queue is full")
        self._queue.append(item)

    def take(self, now: float) -> Item | None:
        """Return the export to send now; None if there is none or a pause is not over."""
        if not self._queue or now < self._next_try:
            return None
        self._since = now
        return self._queue[0]

    def pause(self, now: float) -> float | None:
        """Return the seconds until `take` has an export; None if nobody knows."""
        return max(0.0, self._next_try - now) if self._queue else None

    def sent(self, item: Item, answer: Answer) -> None:
        """The collector took an export, or most of it."""
        self._rejected += answer.rejected
        self._remark = answer.words or (self._remark if self._rejected else "")
        self._finish(item)

    def refused(self, item: Item, reason: str) -> None:
        """The collector refused an export for good."""
        if self._finish(item):
            self._lose(reason)

    def unavailable(self, now: float, reason: str, chance: float, retry_after: float = 0.0) -> None:
        """The collector may take the current export later."""
        self._since = None
        self._failures += 1
        self._reason = reason
        self._next_try = now + max(backoff(self._failures, chance), min(retry_after, LONGEST_REQUESTED))

    def hurry(self) -> None:
        """Retry at once, because the program ends."""
        self._failures, self._next_try = 0, 0.0

    def abandon(self) -> None:
        """Drop all queued exports."""
        if self._queue:
            self._lose(self._reason or "the program ended", len(self._queue))
            self._queue.clear()

    def complaints(self, now: float) -> list[str]:
        """Return sentences for the user: that the collector fails, and what it did not get."""
        sentences = []
        if self._failures:
            wait = max(0.0, self._next_try - now)
            sentences.append(f"{self._name}: {self._reason}; next try in {wait:.0f} s, nothing is lost meanwhile")
        elif self._since is not None and now - self._since >= BUSY:
            sentences.append(f"{self._name}: no answer for {now - self._since:.0f} s")
        if self._lost:
            sentences.append(f"{self._name}: {counted(self._lost, 'export')} not delivered: {self._lost_because}")
        if self._rejected:
            why = f": {self._remark}" if self._remark else ""
            sentences.append(f"{self._name}: {counted(self._rejected, 'data point')} rejected{why}")
        elif self._remark:
            sentences.append(f"{self._name}: {self._remark}")
        return sentences

    def _finish(self, item: Item) -> bool:
        """Remove an export from the queue; return False if it was abandoned meanwhile."""
        self._since, self._failures, self._next_try = None, 0, 0.0
        if not self._queue or self._queue[0] is not item:
            return False
        self._queue.popleft()
        return True

    def _lose(self, reason: str, number: int = 1) -> None:
        self._lost += number
        self._lost_because = reason


def counted(number: int, name: str) -> str:
    """Return a number with its noun."""
    return f"1 {name}" if number == 1 else f"{number:,} {name}s"

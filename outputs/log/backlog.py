"""Queues the messages for one syslog daemon, and decides when to try again. Pure: time and chance are arguments.

Syslog confirms nothing, so what was sent stays here for a while: if the connection breaks, it is sent once more, and
may then arrive twice. The queue is bounded in bytes; what there is no room for is dropped and counted.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from notices.delivery import backoff

OVERHEAD: Final = 64
"""Bytes that a message takes besides its own."""
BLOCK: Final = 2**16
"""Bytes to send at a time."""
KEPT: Final = 2**20
"""Bytes of sent messages that are kept to be sent again."""
DOUBT: Final = 1.0
"""Seconds after which a message that was acknowledged on a living connection is thought to have been read."""


class Backlog:
    """`take` returns the messages to send now; then call `sent` or `unavailable`."""

    def __init__(self, name: str, limit: int) -> None:
        """Queue at most `limit` bytes."""
        self.name = name
        self._limit = limit
        self._bytes = 0  # queued
        self._queues: tuple[deque[bytes], deque[bytes]] = deque(), deque()  # urgent ones, and the others
        self._again: deque[bytes] = deque()  # those to send once more, before all others
        self._current: list[bytes] = []
        self._recent: deque[tuple[float, bytes]] = deque()  # sent, and when
        self._kept = 0  # bytes of those
        self._failures = 0  # in a row
        self._next_try = 0.0
        self._reason = ""
        self._lost = 0
        self._lost_because = ""
        self._repeated = 0
        self._shortened = 0

    @property
    def waiting(self) -> int:
        """Number of messages that were not sent yet, or are to be sent again."""
        return len(self._current) + len(self._again) + sum(map(len, self._queues))

    @property
    def has_room(self) -> bool:
        """Whether half of the queue is empty."""
        return self._bytes <= self._limit // 2

    def fits(self, message: bytes) -> bool:
        """Return whether a message can be queued without pushing others out."""
        return self._bytes + len(message) + OVERHEAD <= self._limit

    @property
    def failing(self) -> bool:
        """Whether the last try failed, so that nobody should wait for the next."""
        return self._failures > 0

    @property
    def in_doubt(self) -> bool:
        """Whether something was sent of which it is not known whether it was read."""
        return bool(self._recent)

    def add(self, message: bytes, *, urgent: bool = False) -> None:
        """Queue a message. If there is no room, the oldest that are not urgent are dropped."""
        self._queues[0 if urgent else 1].append(message)
        self._bytes += len(message) + OVERHEAD
        while self._bytes > self._limit:
            self._drop_oldest()

    def too_long(self) -> None:
        """Count a message that could not be shortened enough."""
        self._lose("too long")

    def shortened(self) -> None:
        """Count a message that was shortened."""
        self._shortened += 1

    def take(self, now: float) -> list[bytes]:
        """Return the messages to send now; none if there are none, or a pause is not over."""
        if now >= self._next_try and not self._current:
            size = 0
            for message in self._ready():
                self._current.append(message)
                size += len(message)
                if size >= BLOCK:
                    break
        return list(self._current) if now >= self._next_try else []

    def pause(self, now: float) -> float | None:
        """Return the seconds until something is to be done; None if nobody knows."""
        if self.waiting:
            return max(0.0, self._next_try - now)
        return DOUBT / 2 if self._recent else None

    def sent(self, now: float) -> None:
        """The current messages were handed to the system."""
        for message in self._current:
            self._recent.append((now, message))
            self._kept += len(message)
        self._current = []
        while self._kept > KEPT:
            self._forget_oldest()

    def confirm(self, now: float) -> None:
        """Everything was acknowledged, and the connection lives: forget what was sent long enough ago."""
        while self._recent and self._recent[0][0] <= now - DOUBT:
            self._forget_oldest()
            self._failures = 0

    def unavailable(self, now: float, reason: str, chance: float) -> None:
        """The connection broke, or there is none. What was in doubt is sent again after a pause."""
        doubtful = [message for _, message in self._recent]
        self._repeated += len(doubtful)
        self._again.extendleft(reversed([*doubtful, *self._current]))
        self._current, self._kept = [], 0
        self._recent.clear()
        self._failures += 1
        self._reason = reason
        self._next_try = now + backoff(self._failures, chance)

    def hurry(self) -> None:
        """Retry at once, because the program ends."""
        self._failures, self._next_try = 0, 0.0

    def read(self) -> None:
        """Forget what was sent: the daemon has read it all, and ended the connection with us."""
        self._recent.clear()
        self._kept = 0

    def abandon(self) -> None:
        """Drop everything that was not sent, or of which nobody knows whether it was read, because the program ends."""
        if lost := self.waiting + len(self._recent):
            self._lose(self._reason or "the program ended", lost)
        self.read()
        self._current, self._bytes = [], 0
        for queue in (self._again, *self._queues):
            queue.clear()

    def complaints(self, now: float) -> list[str]:
        """Return sentences for the user: that the daemon fails, and what it did not get."""
        sentences = []
        if self._failures and self.waiting:
            tried = "tried once" if self._failures == 1 else f"tried {self._failures} times"
            wait = round(self._next_try - now)
            coming = f"next try in {wait} s" if wait > 0 else "trying now"
            sentences.append(f"{self.name}: {self._reason}; {tried}, {coming}; {_counted(self.waiting)} queued")
        if self._lost:
            sentences.append(f"{self.name}: {_counted(self._lost)} lost: {self._lost_because}")
        return sentences

    def remarks(self) -> list[str]:
        """Return sentences for the user about messages that arrived, but not as they should."""
        sentences = []
        if self._repeated:
            sentences.append(f"{self.name}: {_counted(self._repeated)} sent again after a broken connection")
        if self._shortened:
            sentences.append(f"{self.name}: {_counted(self._shortened)} shortened to fit into a message")
        return sentences

    def _ready(self) -> Iterator[bytes]:
        """Take messages out of the queues, in the order in which they are sent."""
        while self._again:
            yield self._again.popleft()
        for queue in self._queues:
            while queue:
                message = queue.popleft()
                self._bytes -= len(message) + OVERHEAD
                yield message

    def _drop_oldest(self) -> None:
        urgent, others = self._queues
        message = (others or urgent).popleft()
        self._bytes -= len(message) + OVERHEAD
        self._lose("the queue was full")

    def _forget_oldest(self) -> None:
        _, message = self._recent.popleft()
        self._kept -= len(message)

    def _lose(self, reason: str, number: int = 1) -> None:
        self._lost += number
        self._lost_because = reason


def _counted(number: int) -> str:
    return "1 event" if number == 1 else f"{number:,} events"

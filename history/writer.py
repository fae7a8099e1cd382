"""A thread that writes to disk, so that a slow disk does not delay the program."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

MAX_QUEUED: Final = 60
"""Maximum items waiting for a slow or full disk; the oldest is dropped first."""
RETRY_AFTER: Final = 30.0
"""Seconds before a failed write is tried again."""

Item = TypeVar("Item")


class Disk(NamedTuple, Generic[Item]):
    """Where a writer writes to."""

    write: Callable[[Item], None]
    close: Callable[[], None]
    error: type[Exception]
    """What `write` and questions raise if the disk fails; it may be tried again."""
    lost: str
    """What is lost when an item is dropped, for the user: `minutes lost from the history`."""


class Writer(Generic[Item]):
    """Writes items to `disk`, in the order given, until it is closed.

    With `patient`, `put` waits when the queue is full, because files are read faster than they are written. The queue
    has at most `most` items.
    """

    def __init__(self, name: str, disk: Disk[Item], *, patient: bool = False, most: int = MAX_QUEUED) -> None:
        self._disk = disk
        self._patient = patient
        self._most = most
        self._queue: deque[Item] = deque()
        self._question: Callable[[], None] | None = None
        self._condition = threading.Condition()
        self._closing = False
        self._dropped = 0
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start writing."""
        self._thread.start()

    def put(self, item: Item) -> None:
        """Queue an item. It waits only if the writer is patient, and not while the disk fails."""
        with self._condition:
            if self._patient:
                self._condition.wait_for(lambda: len(self._queue) < self._most or self._problem)
            if len(self._queue) >= self._most:
                self._queue.popleft()
                self._dropped += 1
            self._queue.append(item)
            self._condition.notify_all()

    def put_latest(self, item: Item) -> None:
        """Queue an item in place of one of its type that waits."""
        with self._condition:
            self._queue = deque(each for each in self._queue if type(each) is not type(item))
        self.put(item)

    def ask(self, question: Callable[[], None]) -> None:
        """Call `question` in the writer's thread once nothing is queued, because it may take a while.

        A question that has not been called is replaced by the next one. It may raise the disk's error.
        """
        with self._condition:
            self._question = question
            self._condition.notify_all()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Current problems, for the user."""
        with self._condition:
            lost = f"{self._dropped} {self._disk.lost}" if self._dropped else ""
            return tuple(filter(None, (self._problem, lost)))

    def close(self, timeout: float) -> None:
        """Write what is queued, for at most `timeout` seconds, and close the disk."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join(timeout)
        if not self._thread.is_alive():
            self._disk.close()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._queue or self._question or self._closing)
                item = [self._queue.popleft()] if self._queue else []
                question, self._question = (self._question, None) if not item else (None, self._question)
                self._condition.notify_all()  # there is room in the queue
                if not item and self._closing:
                    return
            self._try(item, question)

    def _try(self, item: list[Item], question: Callable[[], None] | None) -> None:
        try:
            for each in item:
                self._disk.write(each)
            if question is not None:
                question()
        except self._disk.error as error:
            self._failed(item, error)
        else:
            with self._condition:
                self._problem = ""

    def _failed(self, item: list[Item], error: Exception) -> None:
        """Keep the item for another try, and wait before it."""
        with self._condition:
            self._problem = str(error)
            self._condition.notify_all()
            if not item:
                return
            if len(self._queue) < self._most and not self._closing:
                self._queue.extendleft(item)
            else:
                self._dropped += 1
            self._condition.wait_for(lambda: self._closing, RETRY_AFTER)

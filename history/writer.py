"""The thread that writes the history, so that a slow disk does not delay the program."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from history.archive import Archive
from history.database import HistoryError
from history.sums import Minute, StoredAlert

MAX_QUEUED: Final = 60
"""Maximum minutes and alerts waiting for a slow or full disk; the oldest is dropped first."""
RETRY_AFTER: Final = 30.0
"""Seconds before a failed write is tried again."""

Item = Minute | StoredAlert | Callable[[], None]
"""Something to write, or a question to call."""


class Writer:
    """Writes to `archive`, in the order given, until it is closed.

    With `patient`, `put` waits when the queue is full, because files are read faster than minutes are written.
    """

    def __init__(self, archive: Archive, *, patient: bool = False) -> None:
        self._archive = archive
        self._patient = patient
        self._queue: deque[Minute | StoredAlert] = deque()
        self._question: Callable[[], None] | None = None
        self._condition = threading.Condition()
        self._closing = False
        self._dropped = 0
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    def start(self) -> None:
        """Start writing."""
        self._thread.start()

    def put(self, item: Minute | StoredAlert) -> None:
        """Queue an item. It waits only if the writer is patient, and not while the disk fails."""
        with self._condition:
            if self._patient:
                self._condition.wait_for(lambda: len(self._queue) < MAX_QUEUED or self._problem)
            if len(self._queue) >= MAX_QUEUED:
                self._queue.popleft()
                self._dropped += 1
            self._queue.append(item)
            self._condition.notify_all()

    def ask(self, question: Callable[[], None]) -> None:
        """Call `question` in the writer's thread once nothing is queued, because it may take a while.

        A question that has not been called is replaced by the next one. It may raise HistoryError.
        """
        with self._condition:
            self._question = question
            self._condition.notify_all()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Current problems, for the user."""
        with self._condition:
            lost = f"{self._dropped} minutes lost from the history" if self._dropped else ""
            return tuple(filter(None, (self._problem, lost)))

    def close(self, timeout: float) -> None:
        """Write what is queued, for at most `timeout` seconds, and close the archive."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join(timeout)
        if not self._thread.is_alive():
            self._archive.close()

    def _run(self) -> None:
        while item := self._next():
            self._try(item)

    def _try(self, item: Item) -> None:
        try:
            self._write(item)
        except HistoryError as error:
            self._failed(item, error)
        else:
            with self._condition:
                self._problem = ""

    def _next(self) -> Item | None:
        """Return the next thing to do; None if it is time to end."""
        with self._condition:
            self._condition.wait_for(lambda: self._queue or self._question or self._closing)
            if self._queue:
                # There is room in the queue.
                self._condition.notify_all()
                return self._queue.popleft()
            question, self._question = self._question, None
            return None if self._closing else question

    def _write(self, item: Item) -> None:
        if isinstance(item, Minute):
            self._archive.write(item)
        elif isinstance(item, StoredAlert):
            self._archive.write_alert(item)
        else:
            item()

    def _failed(self, item: Item, error: HistoryError) -> None:
        """Retention the item for another try, and wait before it."""
        with self._condition:
            self._problem = str(error)
            self._condition.notify_all()
            if not isinstance(item, Minute | StoredAlert):
                return
            if len(self._queue) < MAX_QUEUED and not self._closing:
                self._queue.appendleft(item)
            else:
                self._dropped += 1
            self._condition.wait_for(lambda: self._closing, RETRY_AFTER)

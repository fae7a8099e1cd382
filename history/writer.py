"""The thread that writes the history, so that a slow disk holds nobody up."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from history.archive import Archive
from history.database import HistoryError
from history.sums import Minute, StoredAlert

WAITING: Final = 60
"""Minutes, and alerts, that wait at most for a disk that is full or slow; the oldest is given up first."""
AGAIN: Final = 30.0
"""Seconds until what failed is tried again."""

Item = Minute | StoredAlert | Callable[[], None]
"""What is written, or a question."""


class Writer:
    """Writes to `archive`, in the order given, until it is closed.

    With `patient`, who gives it more than it can write waits for it: files are read faster than minutes are written.
    """

    def __init__(self, archive: Archive, *, patient: bool = False) -> None:
        self._archive = archive
        self._patient = patient
        self._waiting: deque[Minute | StoredAlert] = deque()
        self._question: Callable[[], None] | None = None
        self._news = threading.Condition()
        self._closing = False
        self._given_up = 0
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, item: Minute | StoredAlert) -> None:
        """Have it written soon. Never waits, unless it is patient, and then never for a disk that refuses."""
        with self._news:
            if self._patient:
                self._news.wait_for(lambda: len(self._waiting) < WAITING or self._trouble)
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self._given_up += 1
            self._waiting.append(item)
            self._news.notify_all()

    def ask(self, question: Callable[[], None]) -> None:
        """Have it called in the writer's thread as soon as nothing waits to be written, as it may take a while.

        A question that nobody got to is replaced by the next one; it may raise HistoryError.
        """
        with self._news:
            self._question = question
            self._news.notify_all()

    @property
    def notices(self) -> tuple[str, ...]:
        """What is wrong, while something is."""
        with self._news:
            lost = f"{self._given_up} minutes are not in the history" if self._given_up else ""
            return tuple(filter(None, (self._trouble, lost)))

    def close(self, timeout: float) -> None:
        """Write what waits, for at most so many seconds, and close the archive."""
        with self._news:
            self._closing = True
            self._news.notify_all()
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
            with self._news:
                self._trouble = ""

    def _next(self) -> Item | None:
        """What is to be done next; None when it is time to end."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._question or self._closing)
            if self._waiting:
                self._news.notify_all()  # there is room
                return self._waiting.popleft()
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
        """Keep what was to be written for another time, and wait for that."""
        with self._news:
            self._trouble = str(error)
            self._news.notify_all()
            if not isinstance(item, Minute | StoredAlert):
                return
            if len(self._waiting) < WAITING and not self._closing:
                self._waiting.appendleft(item)
            else:
                self._given_up += 1
            self._news.wait_for(lambda: self._closing, AGAIN)

"""The thread that owns a live source and its decoder, and the bounded queue from which the main thread takes over."""

import threading
from collections.abc import Callable
from itertools import accumulate, takewhile
from typing import Any, NamedTuple

from capture.errors import CaptureError
from capture.intake import Intake, Status


class QueueLimit(NamedTuple):
    """How much may wait for `CaptureThread.take`. What is more is lost, and counted."""

    records: int
    characters: int
    """Of their strings."""
    characters_of: Callable[[Any], int]
    """How many a record adds."""


class CaptureThread:
    """Reads, decodes and queues until it is stopped or the source ends."""

    def __init__(self, intake: Intake, limit: QueueLimit) -> None:
        self._intake = intake
        self._limit = limit
        self._characters = 0
        self._lock = threading.Lock()
        self._records: list[Any] = []
        self._lost = 0
        self._clock = intake.source.clock()
        self._status = intake.status()
        self._stop = threading.Event()
        self._crash: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self.error: CaptureError | None = None
        """Why capture ended, if it was not asked to."""

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def stop(self) -> None:
        """End the capture, and wait until all that was captured is in the queue and the source is closed."""
        self._stop.set()
        self._thread.join()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return not self._thread.is_alive()

    def take(self) -> tuple[list[Any], float, Status]:
        """Empty the queue: the records, the packet time up to which they are all there, and how the capture goes.

        Raises:
            BaseException: a fault of the program ended the thread.
        """
        if self._crash is not None:
            raise self._crash
        with self._lock:
            records, self._records, self._characters = self._records, [], 0
            return records, self._clock, self._status._replace(lost=self._lost)

    def _run(self) -> None:
        try:
            try:
                self._capture()
            except CaptureError as error:
                self.error = error
            self._queue(self._intake.finish())
        except BaseException as error:  # handed to the main thread, which owns the way out
            self._crash = error
            self._intake.source.close()

    def _capture(self) -> None:
        intake = self._intake
        while not self._stop.is_set():
            frames = intake.read()
            if frames is None:
                return
            self._queue(intake.decode(frames) if frames else intake.advance(intake.source.clock()))

    def _queue(self, records: list[Any]) -> None:
        status, clock = self._intake.status(), self._intake.source.clock()
        with self._lock:
            sizes = accumulate(map(self._limit.characters_of, records), initial=self._characters)
            totals = list(takewhile(lambda total: total <= self._limit.characters, sizes))
            fitting = min(len(totals) - 1, self._limit.records - len(self._records))
            self._lost += len(records) - fitting
            self._characters = totals[fitting]
            self._records += records[:fitting]
            self._status = status
            self._clock = max(self._clock, clock)

"""Takes steps in a thread ahead of the one that acts on them."""

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_AHEAD: Final = 2
"""Steps that may wait: enough to keep both threads busy."""
_GLANCE: Final = 0.05
"""Seconds after which the waiting thread gets something else to do."""


class ReadAhead(Generic[T]):
    """An iterator over `steps`, run by a thread of its own. It yields None while the next one is not ready."""

    def __init__(self, steps: Iterator[T]) -> None:
        self._steps = steps
        self._queue: queue.Queue[T] = queue.Queue(_AHEAD)
        self._closed = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="read ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T | None]:
        """Iterate; an exception of `steps` is raised after the steps before it."""
        while True:
            running = self._thread.is_alive()
            try:
                step = self._queue.get(timeout=_GLANCE) if running else self._queue.get_nowait()
            except queue.Empty:
                if running:
                    yield None
                    continue
                if self._error is not None:
                    raise self._error from None
                return
            yield step

    def close(self) -> None:
        """End the thread after its current step."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for step in self._steps:
                self._put(step)
                if self._closed.is_set():
                    return
        except BaseException as error:  # handed to the thread that iterates
            self._error = error

    def _put(self, step: T) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(step, timeout=_GLANCE)
                break

"""The workers of a run, and a thread that replaces them all when inspectors are to be loaded anew, or their nursery
ended by itself.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from detection.loading import DetectorError
from inspection.notes import Notes, Queue
from inspection.processes import Stem
from inspection.staff import Staff
from inspection.terms import Terms

PAUSE: Final = 10.0
"""Seconds between two attempts to replace a nursery that ended by itself."""
_NEWS: Final = 20
"""Most lines that wait to be printed."""


class Renewal:
    """The staff, whoever that is at the moment."""

    def __init__(self, stem: Stem, names: Sequence[str], terms: Terms, queue: Queue, notes: Notes) -> None:
        """Load the inspectors.

        Raises:
            DetectorError: they cannot be loaded.
        """
        self.news: deque[str] = deque(maxlen=_NEWS)
        """Lines for the user about what was loaded anew."""
        self.told: Callable[[], None] = lambda: None
        """Called when there is news."""
        self._stem = stem
        self._names = tuple(names)
        self._terms = terms
        self._queue = queue
        self._notes = notes
        self._wake = threading.Event()
        self._ended = False
        self._renewed = 0.0
        self._staff = Staff(stem.nursery(), names, terms)
        self._thread = threading.Thread(target=self._run, name="inspectors", daemon=True)

    @property
    def disabled(self) -> frozenset[str]:
        """Names of the inspectors that are disabled now."""
        return self._staff.disabled

    def start(self) -> None:
        """Start the threads, once the process is locked down."""
        self._staff.start(self._queue, self._notes, self._lost)
        self._thread.start()

    def ask(self) -> None:
        """Have all inspectors loaded anew soon. A signal handler may call this."""
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait until the workers have finished what they have, at most so long, once the queue is closed."""
        self._staff.join(seconds)

    def close(self) -> None:
        """End the processes and threads, those of the stem too. A second call does nothing."""
        self._ended = True
        self._staff.close()
        self._stem.close()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._staff.close()  # it may have been replaced meanwhile

    def _lost(self) -> None:
        """Replace a nursery that has ended, but not all the time."""
        if time.monotonic() >= self._renewed + PAUSE:
            self.ask()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._ended:
                return
            self._load_anew()
            self.told()

    def _load_anew(self) -> None:
        """Replace all workers by those of a new nursery, if it can load the inspectors."""
        self._renewed = time.monotonic()
        try:
            new = Staff(self._stem.nursery(), self._names, self._terms)
        except DetectorError as error:
            self.news.append(f"inspectors were not loaded again: {error}")
            return
        old, self._staff = self._staff, new
        new.start(self._queue, self._notes, self._lost)
        old.retire()
        self.news.append(f"inspectors were loaded again: {', '.join(self._names)}")

"""The inspection of a run, as the main thread sees it: contents in, findings out. It waits only if asked to."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final

from detection.loading import DetectorError
from detection.pipeline import Failure
from inspection.contents import Contents, size_of
from inspection.outcomes import QUEUE_FULL, Outcomes
from inspection.processes import Stem
from inspection.staff import Staff
from inspection.terms import Terms
from traffic.content import Content
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding

PAUSE: Final = 10.0
"""Seconds between two attempts to replace a nursery that ended by itself."""
GRACE: Final = 1.0
"""Seconds for the workers to finish what they have at the end."""
_NEWS: Final = 20
"""Most lines that wait to be printed."""


class Inspection:
    """Runs the inspectors with these names. If `live`, what does not fit into the queue is left out."""

    def __init__(self, stem: Stem, names: Sequence[str], terms: Terms, *, live: bool) -> None:
        """Load the inspectors.

        Raises:
            DetectorError: they cannot be loaded.
        """
        self.live = live
        self.news: deque[str] = deque(maxlen=_NEWS)
        """Lines for the user about what was loaded anew."""
        self.told: Callable[[], None] = lambda: None
        """Called when there is news."""
        self._stem = stem
        self._names = tuple(names)
        self._terms = terms
        self._contents = Contents(terms.queue)
        self._outcomes = Outcomes()
        self._handed = 0
        self._unsettled = 0
        self._wake = threading.Event()
        self._ended = False
        self._renewed = 0.0
        self._staff = Staff(stem.nursery(), names, terms)
        self._renewer = threading.Thread(target=self._renew, name="inspectors", daemon=True)

    def start(self) -> None:
        """Start the threads, once the process is locked down."""
        self._staff.start(self._contents, self._outcomes, self._lost)
        self._renewer.start()

    def hand(self, contents: Sequence[Content]) -> None:
        """Have these inspected."""
        self._handed += len(contents)
        self._unsettled += sum(map(size_of, contents))
        self._outcomes.note_missed(QUEUE_FULL, self._contents.put(contents, all_of_them=not self.live))

    @property
    def full(self) -> bool:
        """Whether so much was handed over since all was inspected that, reading a file, this must be waited for.

        That does not depend on the speed of the workers, so that findings come at the same places each time.
        """
        return self._unsettled >= self._terms.queue

    def wait(self, seconds: float) -> bool:
        """Wait until all is inspected, at most so long; return whether it is."""
        if not self._contents.wait(seconds):
            return False
        self._unsettled = 0
        return True

    def take(self) -> list[Finding | FileTransfer]:
        """Return what was found since the last call, in the order of the exchanges."""
        return self._outcomes.take()

    def end(self) -> None:
        """Inspect no more. What still waits is counted as not inspected. A second call does nothing."""
        if self._ended:
            return
        self._ended = True
        self._contents.close()
        self._staff.join(GRACE)
        self._outcomes.end(self._handed)

    def close(self) -> None:
        """End the processes and threads, those of the stem too."""
        self.end()
        self._staff.close()
        self._stem.close()
        self._wake.set()
        if self._renewer.is_alive():
            self._renewer.join()
        self._staff.close()  # it may have been replaced meanwhile

    def ask(self) -> None:
        """Have all inspectors loaded anew soon. A signal handler may call this."""
        self._wake.set()

    @property
    def failures(self) -> Sequence[Failure]:
        """Inspectors that raised an exception, and were disabled until they were loaded anew."""
        return self._outcomes.failures

    @property
    def disabled(self) -> frozenset[str]:
        """Names of the inspectors that are disabled now."""
        return self._staff.disabled

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about processes that ended by themselves."""
        return self._outcomes.warnings

    @property
    def inspected(self) -> int:
        """Exchanges that were inspected."""
        return self._outcomes.inspected

    @property
    def missed(self) -> Counter[str]:
        """Exchanges that were not inspected, by reason."""
        return self._outcomes.missed

    def _lost(self) -> None:
        """Replace a nursery that has ended, but not all the time."""
        if time.monotonic() >= self._renewed + PAUSE:
            self.ask()

    def _renew(self) -> None:
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
        new.start(self._contents, self._outcomes, self._lost)
        old.retire()
        self.news.append(f"inspectors were loaded again: {', '.join(self._names)}")

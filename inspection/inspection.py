"""The inspection of a run, as the main thread sees it: contents in, findings out. It waits only if asked to."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final

from detection.pipeline import Failure
from inspection.contents import Contents, size_of
from inspection.outcomes import QUEUE_FULL, Outcomes
from inspection.processes import Stem
from inspection.renewal import Renewal
from inspection.terms import Terms
from traffic.content import Content
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding

GRACE: Final = 1.0
"""Seconds for the workers to finish what they have at the end."""


class Inspection:
    """Runs the inspectors with these names. If `live`, what does not fit into the queue is left out."""

    def __init__(self, stem: Stem, names: Sequence[str], terms: Terms, *, live: bool) -> None:
        """Load the inspectors.

        Raises:
            DetectorError: they cannot be loaded.
        """
        self.live = live
        self._terms = terms
        self._contents = Contents(terms.queue)
        self._outcomes = Outcomes()
        self._handed = 0
        self._unsettled = 0
        self._ended = False
        self._renewal = Renewal(stem, names, terms, self._contents, self._outcomes)

    def start(self) -> None:
        """Start the threads, once the process is locked down."""
        self._renewal.start()

    def hand(self, contents: Sequence[Content]) -> None:
        """Have these inspected."""
        self._handed += len(contents)
        self._unsettled += sum(map(size_of, contents))
        self._outcomes.note_left_out(QUEUE_FULL, self._contents.put(contents, all_of_them=not self.live))

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
        self._renewal.join(GRACE)
        self._outcomes.end(self._handed)

    def close(self) -> None:
        """End the processes and threads, those of the stem too."""
        self.end()
        self._renewal.close()

    def ask(self) -> None:
        """Have all inspectors loaded anew soon. A signal handler may call this."""
        self._renewal.ask()

    @property
    def news(self) -> deque[str]:
        """Lines for the user about what was loaded anew."""
        return self._renewal.news

    @property
    def told(self) -> Callable[[], None]:
        """Called when there is news."""
        return self._renewal.told

    @told.setter
    def told(self, call: Callable[[], None]) -> None:
        self._renewal.told = call

    @property
    def failures(self) -> Sequence[Failure]:
        """Inspectors that raised an exception, and were disabled until they were loaded anew."""
        return self._outcomes.failures

    @property
    def disabled(self) -> frozenset[str]:
        """Names of the inspectors that are disabled now."""
        return self._renewal.disabled

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

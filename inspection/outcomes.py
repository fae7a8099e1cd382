"""What came of the contents: findings, and what was not inspected and why. The main thread reads what others note."""

import threading
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from detection.pipeline import Failure
from inspection.contents import Job
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding

OVER_BUDGET: Final = "over budget"
QUEUE_FULL: Final = "queue full"
DIED: Final = "process died"
NO_ANSWER: Final = "no answer"
NO_PROCESS: Final = "no process"
FAILED: Final = "inspector failed"
NO_INSPECTOR: Final = "inspectors disabled"
ENDED: Final = "program ended"
"""Reasons why an exchange was not inspected."""
MOST_FAILURES: Final = 20
"""Failures of inspectors that are remembered; with each reload, the same ones may fail again."""


class Outcomes:
    """Notes of all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: list[tuple[int, Finding | FileTransfer]] = []
        self._missed = Counter[str]()
        self._deaths = Counter[str]()
        self._inspected = 0
        self._ended = False
        self.failures: list[Failure] = []
        """Inspectors that raised an exception, each with its traceback."""

    def note_inspected(self, jobs: Sequence[Job]) -> None:
        """Note that these exchanges were inspected."""
        with self._lock:
            self._inspected += 0 if self._ended else len(jobs)

    def note_findings(self, place: int, findings: Collection[Finding | FileTransfer]) -> None:
        """Note what was found in the exchange with that number in the run."""
        with self._lock:
            self._found += [(place, finding) for finding in findings]

    def note_missed(self, reason: str, jobs: Sequence[Job]) -> None:
        """Note that these exchanges were not inspected."""
        self.note_left_out(reason, len(jobs))

    def note_left_out(self, reason: str, number: int) -> None:
        """Note that so many exchanges were not even kept to be inspected."""
        with self._lock:
            if number and not self._ended:
                self._missed[reason] += number

    def note_death(self, how: str) -> None:
        """Note that a worker ended by itself, and was replaced."""
        with self._lock:
            if not self._ended:
                self._deaths[how] += 1

    def note_failure(self, place: int, failure: Failure) -> None:
        """Note that an inspector raised an exception at that exchange, and was disabled."""
        with self._lock:
            self.failures = [*self.failures, failure][:MOST_FAILURES]

    def end(self, handed: int) -> None:
        """Note nothing more. What is left of the exchanges that were handed over was not inspected."""
        with self._lock:
            left = handed - self._inspected - self._missed.total()
            if left and not self._ended:
                self._missed[ENDED] += left
            self._ended = True

    def take(self) -> list[Finding | FileTransfer]:
        """Return the findings and files since the last call, in the order of the exchanges."""
        with self._lock:
            found, self._found = self._found, []
        return [finding for _, finding in sorted(found, key=lambda one: one[0])]

    @property
    def inspected(self) -> int:
        """Exchanges that were inspected."""
        return self._inspected

    @property
    def missed(self) -> Counter[str]:
        """Exchanges that were not inspected, by reason."""
        with self._lock:
            return Counter(self._missed)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about workers that ended by themselves."""
        with self._lock:
            deaths = list(self._deaths.items())
        return tuple(
            f"an inspector process {how} and was replaced" + (f" ({times:,} times)" if times > 1 else "")
            for how, times in deaths
        )

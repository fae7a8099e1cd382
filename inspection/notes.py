"""What a line needs of those for whom it works: where jobs come from, and who takes down what came of them."""

import threading
from collections.abc import Collection, Sequence
from typing import Protocol

from detection.pipeline import Failure
from inspection.contents import Job
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding


class Queue(Protocol):
    """Jobs that wait for a worker. Each line is a thread that takes some."""

    def next(self, stopped: threading.Event) -> Sequence[Job]:
        """Wait for jobs, and return the next few; none once the queue is closed or `stopped` is set."""

    def done(self, jobs: Sequence[Job]) -> None:
        """Note that these were inspected, or never will be."""

    def wake(self) -> None:
        """Let those who wait look at their `stopped`."""


class Notes(Protocol):
    """What came of jobs."""

    def note_inspected(self, jobs: Sequence[Job]) -> None:
        """Note that these exchanges were inspected."""

    def note_findings(self, place: int, findings: Collection[Finding | FileTransfer]) -> None:
        """Note what was found in the exchange with that number in the run, before it counts as inspected."""

    def note_missed(self, reason: str, jobs: Sequence[Job]) -> None:
        """Note that these exchanges were not inspected."""

    def note_death(self, how: str) -> None:
        """Note that a worker ended by itself, and was replaced."""

    def note_failure(self, place: int, failure: Failure) -> None:
        """Note that an inspector raised an exception at that exchange, before it counts as inspected."""

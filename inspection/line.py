"""A thread that feeds one worker, and replaces it when it ends."""

import signal
import threading
from collections.abc import Callable, Sequence
from typing import Final

from inspection.attempt import FINISHED, GONE, SILENT, Attempt
from inspection.contents import Job
from inspection.crew import Crew
from inspection.notes import Notes, Queue
from inspection.outcomes import DIED, NO_ANSWER, NO_INSPECTOR, NO_PROCESS, OVER_BUDGET
from inspection.processes import Nursery, Worker
from inspection.worker import OUT_OF_MEMORY, TOO_DEEP

_HOW: Final = {OUT_OF_MEMORY: "ran out of memory", TOO_DEEP: "found too many levels in each other"}
"""How a worker ended, by its exit status."""


class Line:
    """The thread. It works until the queue is closed, or until it is retired."""

    def __init__(
        self,
        nursery: Nursery,
        crew: Crew,
        contents: Queue,
        outcomes: Notes,
        longest: int,
        lost: Callable[[], None],
    ) -> None:
        """Texts of findings have at most `longest` characters. `lost` is called if the nursery makes no workers."""
        self._nursery = nursery
        self._crew = crew
        self._contents = contents
        self._outcomes = outcomes
        self._longest = longest
        self._lost = lost
        self._worker: Worker | None = None
        self._retired = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inspection", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def retire(self) -> None:
        """Let the thread end after the contents that its worker has."""
        self._retired.set()
        self._contents.wake()

    def join(self, seconds: float | None = None) -> None:
        """Wait for its end, at most so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        self._hire()
        while jobs := self._contents.next(self._retired):
            try:
                self._inspect(jobs)
            finally:
                self._contents.done(jobs)
        if self._worker is not None:
            self._worker.close()

    def _inspect(self, jobs: Sequence[Job]) -> None:
        while jobs:
            if not self._crew.works:
                return self._outcomes.note_missed(NO_INSPECTOR, jobs)
            if self._worker is None:
                self._hire()
            if self._worker is None:
                return self._outcomes.note_missed(NO_PROCESS, jobs)
            jobs = self._attempt(self._worker, jobs)
        return None

    def _attempt(self, worker: Worker, jobs: Sequence[Job]) -> Sequence[Job]:
        """Hand contents to the worker. If it ends, return those that come after the one that ended it."""
        attempt = Attempt(worker, jobs, self._crew, self._outcomes, self._longest)
        problem = attempt.run()
        if problem == FINISHED:
            self._outcomes.note_inspected(jobs)
            return ()
        done, culprits = attempt.blame(problem)
        self._outcomes.note_inspected(jobs[:done])
        self._outcomes.note_missed(self._replaced(worker, problem), jobs[done : done + culprits])
        return jobs[done + culprits :]

    def _replaced(self, worker: Worker, problem: str) -> str:
        """Replace a worker, and return why its last exchange was not inspected."""
        status = self._hire(worker)
        worker.close()
        if problem == GONE and status == -signal.SIGPROF:
            return OVER_BUDGET
        self._outcomes.note_death(_how(status) if problem == GONE else problem)
        return NO_ANSWER if problem == SILENT else DIED

    def _hire(self, former: Worker | None = None) -> int:
        """Get a worker, and return how the former one ended."""
        self._worker = None
        try:
            self._worker, status = self._nursery.hire(former)
        except OSError:
            self._lost()
            return 0
        return status


def _how(status: int) -> str:
    """Say how a worker ended, from `os.waitstatus_to_exitcode`."""
    if status < 0:
        return f"died (signal {-status})"
    return _HOW.get(status, f"ended (status {status})")

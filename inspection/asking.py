"""An inspection whose caller waits for each answer: one exchange at a time for each worker, in the order of arrival."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from itertools import count
from typing import Final, NamedTuple

from detection.pipeline import Failure
from inspection.contents import Job, size_of
from inspection.outcomes import DIED, ENDED, FAILED, MOST_FAILURES
from inspection.processes import Stem
from inspection.renewal import Renewal
from inspection.terms import Terms
from traffic.content import Content
from traffic.file_transfer import FileTransfer
from traffic.finding import Finding

GRACE: Final = 1.0
"""Seconds for the workers to finish what they have at the end."""


class Reply(NamedTuple):
    """What came of a question."""

    findings: tuple[Finding | FileTransfer, ...] = ()
    missed: str = ""
    """Why the exchange was not inspected, as in `inspection.outcomes`; empty if it was."""


class Question:
    """A content that waits for a worker, or that one has."""

    def __init__(self, job: Job, told: Callable[[Reply], None]) -> None:
        self.job = job
        self.told = told
        self.given_up = False
        """Set this when nobody wants the answer any more: a question that still waits is never begun then."""
        self.failed = False
        """Whether an inspector raised an exception."""
        self.findings: tuple[Finding | FileTransfer, ...] = ()


class Questions:
    """The queue of questions, and what came of them. A question is told exactly once, unless it was given up before a
    worker had it.
    """

    def __init__(self, most: int) -> None:
        """At most so many wait for a worker."""
        self._most = most
        self._waiting: deque[Question] = deque()
        self._begun: dict[int, Question] = {}
        self._places = count()
        self._changed = threading.Condition()
        self._deaths = Counter[str]()
        self._closed = False
        self.failures: list[Failure] = []

    def put(self, content: Content, told: Callable[[Reply], None]) -> Question | None:
        """Add a question; return None if too many wait. `told` is called in another thread."""
        with self._changed:
            while self._waiting and self._waiting[0].given_up:
                self._waiting.popleft()
            if len(self._waiting) >= self._most or self._closed:
                return None
            question = Question(Job(next(self._places), content, size_of(content)), told)
            self._waiting.append(question)
            self._changed.notify()
        return question

    def next(self, stopped: threading.Event) -> Sequence[Job]:
        """Wait for a question that is still wanted, and return it; none once the queue is closed or it is stopped."""
        with self._changed:
            while not (self._closed or stopped.is_set()):
                while self._waiting:
                    question = self._waiting.popleft()
                    if not question.given_up:
                        self._begun[question.job.place] = question
                        return [question.job]
                self._changed.wait()
        return []

    def done(self, jobs: Sequence[Job]) -> None:
        """Note that nothing more comes of these."""
        self._tell(jobs, DIED)

    def wake(self) -> None:
        """Let those who wait look at their `stopped`."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Hand out nothing more; what still waits is told so."""
        with self._changed:
            self._closed = True
            left, self._waiting = list(self._waiting), deque()
            self._changed.notify_all()
        for question in left:
            question.told(Reply(missed=ENDED))

    def note_inspected(self, jobs: Sequence[Job]) -> None:
        """Tell those who asked what was found."""
        self._tell(jobs, "")

    def note_findings(self, place: int, findings: Collection[Finding | FileTransfer]) -> None:
        """Keep what was found until the worker has finished."""
        question = self._begun.get(place)
        if question is not None:
            question.findings += tuple(findings)

    def note_missed(self, reason: str, jobs: Sequence[Job]) -> None:
        """Tell those who asked that there is no answer."""
        self._tell(jobs, reason)

    def note_death(self, how: str) -> None:
        """Note that a worker ended by itself, and was replaced."""
        with self._changed:
            self._deaths[how] += 1

    def note_failure(self, place: int, failure: Failure) -> None:
        """Note that an inspector raised an exception: the question has no answer then."""
        question = self._begun.get(place)
        if question is not None:
            question.failed = True
        with self._changed:
            self.failures = [*self.failures, failure][:MOST_FAILURES]

    @property
    def deaths(self) -> Counter[str]:
        """Workers that ended by themselves, by how they did."""
        with self._changed:
            return Counter(self._deaths)

    def _tell(self, jobs: Sequence[Job], missed: str) -> None:
        for job in jobs:
            question = self._begun.pop(job.place, None)
            if question is not None:
                why = missed or (FAILED if question.failed else "")
                question.told(Reply((), why) if why else Reply(question.findings))


class Asking:
    """Runs the inspectors with these names over contents, and tells what each of them said."""

    def __init__(self, stem: Stem, names: Sequence[str], terms: Terms, most: int) -> None:
        """Load the inspectors. At most `most` questions wait for a worker.

        Raises:
            DetectorError: they cannot be loaded.
        """
        self._questions = Questions(most)
        self.renewal = Renewal(stem, names, terms, self._questions, self._questions)
        """The workers."""

    def start(self) -> None:
        """Start the threads, once the process is locked down."""
        self.renewal.start()

    def ask(self, content: Content, told: Callable[[Reply], None]) -> Question | None:
        """Have a content inspected, and `told` called in another thread; return None if too many wait."""
        return self._questions.put(content, told)

    @property
    def deaths(self) -> Counter[str]:
        """Workers that ended by themselves and were replaced, by how they did."""
        return self._questions.deaths

    @property
    def failures(self) -> Sequence[Failure]:
        """Exceptions that inspectors raised, the first ones."""
        return self._questions.failures

    def close(self) -> None:
        """End the processes and threads. A second call does nothing."""
        self._questions.close()
        self.renewal.join(GRACE)
        self.renewal.close()

"""Contents in the hands of a worker: what it answers, and which of them ended it if it ends."""

import marshal
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from detection.pipeline import Failure
from inspection.answer import answer_in
from inspection.channel import Message, WrongMessage
from inspection.contents import Job
from inspection.crew import Crew
from inspection.notes import Notes
from inspection.processes import Worker

FINISHED: Final = ""
GONE: Final = "gone"
WRONG: Final = "gave a wrong answer"
SILENT: Final = "did not answer"
"""How an attempt went."""


class Attempt:
    """One attempt with a worker."""

    def __init__(self, worker: Worker, jobs: Sequence[Job], crew: Crew, outcomes: Notes, longest: int) -> None:
        self._worker = worker
        self._jobs = jobs
        self._crew = crew
        self._outcomes = outcomes
        self._longest = longest
        self._begun = 0
        self._answered = 0

    def run(self) -> str:
        """Hand the contents over, note the answers, and return how it went."""
        worker = self._worker
        contents = [tuple(job.content) for job in self._jobs]
        try:
            worker.send(marshal.dumps((self._crew.disabled, contents)))
            while (message := self._next()) is not None and message.number:
                self._note(message)
        except TimeoutError:
            return SILENT
        except WrongMessage:
            return WRONG
        except OSError:
            return GONE
        self._begun += worker.begun()
        return GONE if message is None else FINISHED

    def blame(self, problem: str) -> tuple[int, int]:
        """Return how many exchanges were inspected before the worker ended, and how many after them are not tried
        again: the one that it had begun with. If its answer was wrong, nothing that it said last is believed.
        """
        if problem == WRONG:
            return self._answered, len(self._jobs) - self._answered
        begun = min(max(self._begun + self._worker.begun(), 1), len(self._jobs))
        done = max(self._answered, begun - 1)
        return done, int(begun > done)

    def _next(self) -> Message | None:
        """Return the next message. The worker may take its time as long as it goes on to another exchange.

        Raises:
            TimeoutError: it does not.
            WrongMessage: it pretends to.
        """
        before = -1
        while before < self._begun:
            if self._begun > len(self._jobs):
                raise WrongMessage("too many exchanges")
            before = self._begun
            with suppress(TimeoutError):
                return self._worker.receive()
            self._begun += self._worker.begun()
        raise TimeoutError

    def _note(self, message: Message) -> None:
        """Note what was found in one exchange."""
        if not self._answered < message.number <= len(self._jobs):
            raise WrongMessage("about another exchange")
        job = self._jobs[message.number - 1]
        answer = answer_in(message.body, job.content, self._crew.names, self._longest)
        self._answered = message.number
        self._outcomes.note_findings(job.place, (*answer.findings, *answer.files))
        for name, text in answer.failed:
            if self._crew.disable(name):
                self._outcomes.note_failure(job.place, Failure(name, text))

"""Judges questions before their deadlines: by the prefilter at once, otherwise by workers that run the rules.

All of it but the workers' threads happens in the thread of the event loop.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple
from uuid import uuid4

from detection.inspector import Inspected
from detection.waf.dry_run import Outcome, outcomes
from detection.waf.prefilter import Prefilter
from inspection.asking import Asking, Reply
from inspection.asking import Question as Handed
from traffic.content import Content
from traffic.finding import Finding
from verdicts.listed import Listed
from verdicts.question import Question, content_of
from verdicts.routes import ENFORCE, OFF, SHADOW, Route, Routes
from verdicts.ruling import Enforced, finding_of, passed, ruled, undecided, with_listed
from verdicts.tally import BLOCKED, PREFILTER, RULES, UNDECIDED, WOULD_BLOCK, Tally
from verdicts.tally import OFF as UNASKED
from verdicts.verdict import Verdict

BUSY: Final = "too many requests wait"
LATE: Final = "late"
"""Answers of workers that came after the deadline."""
FAILED: Final = "prefilter failed"
LONGEST_ID: Final = 128

Answer = Callable[[Verdict], None]
Log = Callable[[Finding], None]


class Policy(NamedTuple):
    """By what questions are judged."""

    routes: Routes
    enforced: Enforced
    listed: Listed
    longest_body: int
    """Bytes of a body that the rules see."""
    undecided_lines: int
    """Undecided requests that are logged in an interval between two status lines."""


class Judge:
    """Answers questions."""

    def __init__(self, asking: Asking, policy: Policy, prefilter: Prefilter | None, log: Log) -> None:
        """`log` gets a finding for each request that is blocked, would be blocked, or is undecided."""
        self.tally = Tally()
        """Answers since the last status line."""
        self.prefilter = prefilter
        """The prefilter of the rules; None to ask the workers about everything."""
        self._asking = asking
        self._policy = policy
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._waiting: set[_Waiting] = set()

    @property
    def longest_body(self) -> int:
        """Bytes of a body that the rules see."""
        return self._policy.longest_body

    @property
    def waiting(self) -> int:
        """Questions without an answer yet."""
        return len(self._waiting)

    def ask(self, question: Question, answer: Answer, *, heeded: bool = True) -> None:
        """Call `answer` with the verdict: at once, or by the deadline of its route. If nobody heeds it, the request has
        passed already, so that its route is at most `shadow`.
        """
        begun = self._loop.time()
        name = question.id[:LONGEST_ID] or uuid4().hex[:16]
        route = self._policy.routes.find(question.host, question.target)
        if not heeded and route.mode == ENFORCE:
            route = route._replace(mode=SHADOW)
        if route.mode == OFF:
            self._answer(UNASKED, passed(route, name), begun, answer)
            return
        content = content_of(question, time.time(), self._policy.longest_body)
        why = self._policy.listed.reason(content.client, content.host, content.time)
        asked = _Asked(content, route, name, begun, why)
        if why and self._finished(asked, Verdict(id=name), answer):
            return
        if not self._may_match(content):
            self._conclude(asked, PREFILTER, passed(route, name), None, answer)
            return
        _Waiting(self, asked, answer).begin()

    def unreadable(self, why: str) -> Verdict:
        """Return the verdict on a question that cannot be read, by the route of all that no other covers."""
        return undecided(self._policy.routes.find("", b"/"), why, uuid4().hex[:16])

    def take_tally(self) -> Tally:
        """Return the counts since the last call, and begin anew."""
        taken, self.tally = self.tally, Tally()
        return taken

    def hand(self, content: Content, told: Callable[[Reply], None]) -> Handed | None:
        """Have a worker run the rules; `told` is called in the thread of the event loop."""
        return self._asking.ask(content, partial(self._tell, told))

    def add(self, waiting: "_Waiting") -> None:
        """Note that a question waits."""
        self._waiting.add(waiting)

    def settle(self, waiting: "_Waiting", outcome: Outcome | None, answer: Answer) -> None:
        """Answer a question by what the rules said."""
        self._waiting.discard(waiting)
        asked = waiting.asked
        verdict = ruled(outcome, asked.route, self._policy.enforced, asked.name)
        self._conclude(asked, RULES, verdict, outcome, answer)

    def give_up(self, waiting: "_Waiting", why: str, answer: Answer) -> None:
        """Answer that a question is undecided."""
        self._waiting.discard(waiting)
        asked = waiting.asked
        verdict = self._with_listed(asked, undecided(asked.route, why, asked.name))
        self.tally.counts[why] += 1
        self._answer(UNDECIDED, verdict, asked.begun, answer)
        if verdict.blocked or self.tally.counts[UNDECIDED] <= self._policy.undecided_lines:
            self._log(finding_of(asked.content, verdict, asked.route, None))

    def note_late(self, waiting: "_Waiting", outcome: Outcome | None) -> None:
        """Log what the rules said after the deadline: it shows what passed."""
        self.tally.counts[LATE] += 1
        if outcome is not None and outcome.blocked:
            asked = waiting.asked
            shadow = ruled(outcome, asked.route._replace(mode=SHADOW), self._policy.enforced, asked.name)
            late = shadow._replace(reason=f"{shadow.reason}, found after the deadline")
            self._log(finding_of(asked.content, late, asked.route, outcome))

    def _may_match(self, content: Content) -> bool:
        if self.prefilter is None:
            return True
        try:
            return self.prefilter.may_match(Inspected(content, self._policy.longest_body))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic of the core is no Exception
            self.tally.counts[FAILED] += 1
            return True

    def _finished(self, asked: "_Asked", verdict: Verdict, answer: Answer) -> bool:
        """Answer at once, if threat intelligence alone refuses the request."""
        if not self._with_listed(asked, verdict).blocked:
            return False
        self._conclude(asked, BLOCKED, verdict, None, answer)
        return True

    def _conclude(self, asked: "_Asked", kind: str, verdict: Verdict, outcome: Outcome | None, answer: Answer) -> None:
        """Answer, and log what is or would be refused; what passes is counted as `kind`."""
        verdict = self._with_listed(asked, verdict)
        refused = BLOCKED if verdict.blocked else WOULD_BLOCK if verdict.would_block else ""
        self._answer(refused or kind, verdict, asked.begun, answer)
        if refused:
            self._log(finding_of(asked.content, verdict, asked.route, outcome))

    def _with_listed(self, asked: "_Asked", verdict: Verdict) -> Verdict:
        return with_listed(verdict, asked.listed, asked.route, self._policy.enforced)

    def _answer(self, kind: str, verdict: Verdict, begun: float, answer: Answer) -> None:
        self.tally.note(kind, self._loop.time() - begun)
        answer(verdict)

    def _tell(self, told: Callable[[Reply], None], reply: Reply) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(told, reply)


class _Asked(NamedTuple):
    content: Content
    route: Route
    name: str
    begun: float
    listed: str
    """What threat intelligence says of it; empty for nothing."""


class _Waiting:
    """A question that a worker is to answer, until its answer or its deadline."""

    def __init__(self, judge: Judge, asked: _Asked, answer: Answer) -> None:
        self.asked = asked
        self._judge = judge
        self._answer: Answer | None = answer
        self._handed: Handed | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Hand it over, if there is room."""
        self._judge.add(self)
        self._handed = self._judge.hand(self.asked.content, self._told)
        if self._handed is None:
            self._undecided(BUSY)
            return
        loop, deadline = asyncio.get_running_loop(), self.asked.route.deadline
        why = f"no answer within {deadline * 1000:.0f} ms"
        self._timer = loop.call_at(self.asked.begun + deadline, self._undecided, why)

    def _told(self, reply: Reply) -> None:
        outcome = next(outcomes(each for each in reply.findings if isinstance(each, Finding)), None)
        if self._timer is not None:
            self._timer.cancel()
        if self._answer is None:
            if not reply.missed:
                self._judge.note_late(self, outcome)
        elif reply.missed:
            self._undecided(reply.missed)
        else:
            answer, self._answer = self._answer, None
            self._judge.settle(self, outcome, answer)

    def _undecided(self, why: str) -> None:
        if self._handed is not None:
            self._handed.given_up = True
        if self._answer is not None:
            answer, self._answer = self._answer, None
            self._judge.give_up(self, why, answer)

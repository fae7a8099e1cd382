"""The judge of one signal: learns its baseline, then compares each bucket with it, by the table of states.

It shows and sends nothing: what was decided is returned.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from alerting.alert import Alert
from alerting.baseline import Baseline, FixedBaseline, PreviousBaseline
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Event, Learned, LearningRestarted
from alerting.history import AlertHistory
from alerting.learning import Learning
from alerting.rule import Measured, Rule, limit, teaches
from alerting.states import Signal, State, next_state
from alerting.teller import Teller
from alerting.terms import Terms
from alerting.window import Window

MAX_SUBJECTS: Final = 1000
"""Servers that have a baseline; further ones are not judged."""

Explain = Callable[[Alert, Rule], str]
"""Makes the one line of an alert."""


class Verdict(NamedTuple):
    """How a subject stood in a bucket."""

    subject: str
    value: float
    baseline: float
    limit: float
    severity: float
    """How far beyond the limit: above 1 is beyond."""
    beyond: bool


class Judge:
    """Of the signal that `rule` measures. Alerts go into `history`."""

    def __init__(self, rule: Rule, terms: Terms, history: AlertHistory, explain: Explain) -> None:
        self.rule = rule
        self.previous = rule.name in terms.previous
        """Whether it is judged against the previous buckets."""
        self.state = State.LEARNING
        self.last: Verdict | None = None
        """On the worst subject of the last bucket; None where there was none with enough traffic."""
        self.silent = False
        """Whether the last bucket that was judged had too little traffic to say anything."""
        self.stirred = False
        """Whether the last bucket changed anything; if not, others like it will not either."""
        self.dismissed_at: float | None = None
        """When the last alert was dismissed, while that is to be shown; else None."""
        self._teller = Teller(rule.name, terms.changes_per_hour)
        self._terms = terms
        self._history = history
        self._explain = explain
        self._learning = Learning(rule, terms.learning_duration)
        self._baselines: dict[str, Baseline] = {}
        self._usual: Window | None = None  # the latest that was within
        self._shown_at: float | None = None

    @property
    def flapping(self) -> bool:
        """Whether it changes its state so often that this is not told."""
        return self._teller.flapping

    def baseline(self, subject: str) -> float | None:
        """What values of a subject are compared with now; None where there is nothing yet."""
        known = self._baselines.get(subject)
        return known.value if known else None

    def limit(self, subject: str) -> float | None:
        """Beyond which they are on the wrong side; None where that is not known, or not to be judged."""
        baseline = self.baseline(subject)
        found = None if baseline is None else limit(self.rule, baseline)
        return None if found is None else float(found)

    def judge(self, window: Window) -> list[Event]:
        """Learn from the window that ended, or judge it."""
        measured = self.rule.measure(window)
        before = self.state
        told = self._learn(measured, window) if before is State.LEARNING else self._enforce(measured, window)
        self.stirred |= self.state is not before or self.flapping
        if self.state is not State.ALERT:
            self._usual = window.only(self.rule.sums)
        return told

    def refreshed(self, now: float) -> None:
        """The dashboard is refreshed at `now`. To be called before the new view is built.

        The first refresh after a dismissal shows it and changes nothing; the next one takes it off the screen.
        """
        if self.state is State.DISMISSED and self._shown_at is None:
            self._shown_at = now
        elif self._shown_at is None or now > self._shown_at:
            self._enter(Signal.REFRESHED)

    def _learn(self, measured: Mapping[str, Measured], window: Window) -> list[Event]:
        time, signal = window.closes, self._learning.take(measured, window.seconds)
        self.stirred = signal is not Signal.EMPTY
        if signal is not None:
            self._enter(signal)
        if signal is Signal.EMPTY:  # one with a floor waits for enough traffic, as it always does, and says nothing
            return [] if self.rule.floor else [LearningRestarted(time, self.rule.name)]
        if signal is None:
            return []
        learned = self._learning.baselines
        for subject, value in learned.items():
            self._found(subject, value)
        return [Learned(time, max(learned.values()), self.rule.name)]

    def _enforce(self, measured: Mapping[str, Measured], window: Window) -> list[Event]:
        verdicts = [verdict for subject, one in measured.items() if (verdict := self._verdict(subject, one))]
        self.last = max(verdicts, key=lambda verdict: (verdict.beyond, verdict.severity), default=None)
        self.silent = self.last is None
        before = self.state
        exceeded = self.last is not None and self.last.beyond
        self._enter(Signal.EXCEEDED if exceeded else Signal.WITHIN)
        told = self._teller.tell(window.closes, self._record(before, window))
        self._note(measured, {verdict.subject for verdict in verdicts if verdict.beyond})
        return told

    def _verdict(self, subject: str, measured: Measured) -> Verdict | None:
        """None where the subject cannot be judged: there is too little traffic, or it is new."""
        rule, value, known = self.rule, measured.value, self._baselines.get(subject)
        bound = limit(rule, known.value) if known else None
        if known is None or bound is None or not (rule.low or measured.traffic >= rule.floor):
            return None
        beyond = value < bound if rule.low else value > bound
        near, far = (value, float(bound)) if rule.low else (float(bound), value)
        severity = far / near if near else float("inf") if far else 1.0
        return Verdict(subject, value, known.value, float(bound), severity, beyond)

    def _note(self, measured: Mapping[str, Measured], beyond: set[str]) -> None:
        """Let the baselines know; a subject that comes late is learned from its first bucket with enough traffic."""
        self.stirred = False
        for subject, one in measured.items():
            known = self._baselines.get(subject)
            if known is not None and one.traffic >= self.rule.learns_from:
                self.stirred |= known.note(one.value, subject in beyond)
            elif known is None and teaches(self.rule, one):
                self._found(subject, one.value)
                self.stirred = True

    def _found(self, subject: str, value: float) -> None:
        if len(self._baselines) < MAX_SUBJECTS:
            previous = self._terms.previous_buckets
            new = PreviousBaseline(self.rule, value, previous) if self.previous else FixedBaseline(value)
            self._baselines[subject] = new

    def _record(self, before: State, window: Window) -> AlertRaised | AlertContinued | AlertDismissed | None:
        """Write the alert down that the change from `before` began, went on with or ended."""
        time, name, last = window.closes, self.rule.name, self.last
        if self.state is State.ALERT and last is not None:
            if before is State.ALERT:
                return AlertContinued(time, self._history.proceed(name, last.value, self.rule.low))
            return AlertRaised(time, self._history.begin(self._alert(last, window)))
        if self.state is State.DISMISSED:
            self.dismissed_at = time
            return AlertDismissed(time, self._history.finish(name, time))
        return None

    def _alert(self, verdict: Verdict, window: Window) -> Alert:
        rule = self.rule
        alert = Alert(
            signal=rule.name,
            start=window.closes,
            end=None,
            value=verdict.value,
            peak=verdict.value,
            baseline=verdict.baseline,
            threshold=rule.threshold,
            limit=verdict.limit,
            unit=rule.unit,
            previous=self.previous,
            subject=verdict.subject,
            contributors=rule.contributors(window, verdict.subject, self._usual),
        )
        return replace(alert, explanation=self._explain(alert, rule))

    def _enter(self, signal: Signal) -> None:
        self.state = next_state(self.state, signal)
        self.dismissed_at = self._shown_at = None

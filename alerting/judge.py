"""The judge of one signal: learns a baseline, then compares each bucket with it, following the table of states.

It shows and sends nothing; it returns what it decided.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf
from typing import Final, NamedTuple

from alerting.alert import Alert
from alerting.baseline import Baseline, FixedBaseline, PreviousBaseline
from alerting.events import Accepted as LevelAccepted
from alerting.events import (
    AlertContinued,
    AlertDismissed,
    AlertRaised,
    Event,
    Learned,
    LearningRestarted,
    Relearning,
)
from alerting.flapping import FlappingFilter
from alerting.habits import Accepted
from alerting.history import AlertHistory
from alerting.learning import Learning
from alerting.lesson import Lesson, usual_of, window_of
from alerting.rule import Measured, Rule, limit, teaches
from alerting.states import State, Trigger, next_state
from alerting.terms import BaselineKind, Terms
from alerting.window import Window

MAX_SUBJECTS: Final = 1000
"""Maximum number of servers with a baseline; others are not judged."""

Explain = Callable[[Alert, Rule], str]
"""Writes the one-line explanation of an alert."""


class Verdict(NamedTuple):
    """How a subject compared with its limit in a bucket."""

    subject: str
    value: float
    baseline: float
    limit: float
    severity: float
    """How far the value is beyond the limit: their ratio, above 1 if it is beyond."""
    beyond: bool


class Judge:
    """Judges the signal that `rule` measures. Alerts go into `history`."""

    def __init__(self, rule: Rule, terms: Terms, history: AlertHistory, explain: Explain) -> None:
        self.rule = rule
        self.kind: BaselineKind = terms.baselines.get(rule.name) or getattr(rule, "baseline", "fixed")
        """What values are compared with."""
        self.state = State.LEARNING
        self.last: Verdict | None = None
        """The verdict on the worst subject of the last bucket; None if no subject had enough traffic."""
        self.silent = False
        """Whether the last bucket had too little traffic to be judged."""
        self.empty_since: float | None = None
        """Start of the windows without traffic after which learning restarted; None if the last one had traffic."""
        self.changed = False
        """Whether the last window changed anything; if not, further windows like it will not either."""
        self.muted_until = -inf
        """Until when the user muted the signal: it is judged, but nobody is notified of the alerts that it raises."""
        self.relearned: float | None = None
        """When the user last let it learn again."""
        self.accepted: dict[str, Accepted] = {}
        """The levels that the user took as usual, by subject."""
        self.dismissed_at: float | None = None
        """When the last alert was dismissed, until the dismissal has been shown; then None."""
        self._flapping = FlappingFilter(rule.name, terms.changes_per_hour)
        self._terms = terms
        self._history = history
        self._explain = explain
        self._learning = Learning(rule, terms.learning_duration)
        self._baselines: dict[str, Baseline] = {}
        # The values of the last bucket that was judged.
        self._judged: dict[str, float] = {}
        # The latest window without an alert.
        self._usual: Window | None = None
        self._shown_at: float | None = None

    @property
    def flapping(self) -> bool:
        """Whether the state changes so often that alerts are muted."""
        return self._flapping.flapping

    def baseline(self, subject: str) -> float | None:
        """Return what values of a subject are compared with now; None if there is nothing yet."""
        known = self._baselines.get(subject)
        return known.value if known else None

    def limit(self, subject: str) -> float | None:
        """Return the value beyond which a subject alerts; None if it is unknown, or the subject is not judged."""
        baseline = self.baseline(subject)
        found = None if baseline is None else limit(self.rule, baseline)
        return None if found is None else float(found)

    def judge(self, window: Window) -> list[Event]:
        """Learn from the window that ended, or judge it.

        If too much of its traffic was dropped, nothing is learned from it, and what is missing means nothing: signals
        alert only above their limit, and no alert ends.
        """
        if window.dropped_share and (self.state is State.LEARNING or self.rule.low):
            self.changed = True  # the next window may be complete
            return []
        measured = self.rule.measure(window)
        before = self.state
        events = self._learn(measured, window) if before is State.LEARNING else self._enforce(measured, window)
        self.changed |= self.state is not before or self.flapping
        if self.state is not State.ALERT and not window.dropped_share:
            self._usual = window.only(self.rule.statistics)
        return events

    @property
    def lesson(self) -> Lesson:
        """What was learned so far."""
        baselines = {subject: baseline.value for subject, baseline in self._baselines.items()}
        return Lesson(baselines, usual_of(self._usual, self.rule.statistics))

    def restore(self, lesson: Lesson, now: float) -> None:
        """Judge by what was learned in an earlier run, instead of learning."""
        for subject, value in lesson.baselines.items():
            self._add_baseline(subject, value)
        self._usual = window_of(lesson.usual, self.rule.statistics, now)
        self._enter(Trigger.LEARNED)

    @property
    def muted(self) -> bool:
        """Whether the user muted it."""
        return self.muted_until > -inf

    def relearn(self, now: float) -> list[Event]:
        """Forget what was learned and accepted, and learn again. An active alert ends."""
        events = self._finish(now)
        self._enter(Trigger.RELEARN)
        self._learning = Learning(self.rule, self._terms.learning_duration)
        self._baselines.clear()
        self.accepted.clear()
        self.relearned = now
        self.last, self.silent, self._usual, self.empty_since = None, False, None, None
        return [*events, Relearning(now, self.rule.name)]

    def accept(self, now: float) -> list[Event]:
        """Take the last judged value of each subject as usual. An active alert ends."""
        if self.state is State.LEARNING or not self._judged:
            return []
        for subject, value in self._judged.items():
            if subject in self._baselines:
                self.accepted[subject] = Accepted(now, value)
                self._baselines[subject].accept(value, now)
        ended = self._finish(now)
        if ended:
            self._enter(Trigger.WITHIN)
        return [*ended, LevelAccepted(now, self.rule.name, dict(self._judged))]

    def _finish(self, now: float) -> list[Event]:
        if self.state is not State.ALERT:
            return []
        return self._flapping.report(now, AlertDismissed(now, self._history.finish(self.rule.name, now)))

    def refreshed(self, now: float) -> None:
        """Note a refresh of the dashboard at `now`. Call this before the new view is built.

        The first refresh after a dismissal shows it and changes nothing; the next one removes it from the screen.
        """
        if self.state is State.DISMISSED and self._shown_at is None:
            self._shown_at = now
        elif self._shown_at is None or now > self._shown_at:
            self._enter(Trigger.REFRESHED)

    def _learn(self, measured: Mapping[str, Measured], window: Window) -> list[Event]:
        time, trigger = window.closes, self._learning.take(measured, window.seconds)
        self.changed = trigger is not Trigger.EMPTY
        if self.changed:
            self.empty_since = None
        elif self.empty_since is None:
            self.empty_since = window.opens
        if trigger is not None:
            self._enter(trigger)
        # A signal with a floor keeps waiting for enough traffic without saying so.
        if trigger is Trigger.EMPTY:
            return [] if self.rule.floor else [LearningRestarted(time, self.rule.name)]
        if trigger is None:
            return []
        learned = self._learning.baselines
        for subject, value in learned.items():
            self._add_baseline(subject, value)
        return [Learned(time, max(learned.values()), self.rule.name)]

    def _enforce(self, measured: Mapping[str, Measured], window: Window) -> list[Event]:
        verdicts = [verdict for subject, one in measured.items() if (verdict := self._verdict(subject, one))]
        self._judged = {verdict.subject: verdict.value for verdict in verdicts}
        self.last = max(verdicts, key=lambda verdict: (verdict.beyond, verdict.severity), default=None)
        self.silent = self.last is None
        before = self.state
        exceeded = self.last is not None and self.last.beyond
        if window.dropped_share and not exceeded:
            self.changed = True
            return self._flapping.report(window.closes, None)
        self._enter(Trigger.EXCEEDED if exceeded else Trigger.WITHIN)
        events = self._flapping.report(window.closes, self._record(before, window))
        if not window.dropped_share:
            self._update_baselines(measured, {verdict.subject for verdict in verdicts if verdict.beyond})
        return events

    def _verdict(self, subject: str, measured: Measured) -> Verdict | None:
        """Return the verdict; None if the subject is new or has too little traffic."""
        rule, value, known = self.rule, measured.value, self._baselines.get(subject)
        bound = limit(rule, known.value) if known else None
        if known is None or bound is None or not (rule.low or measured.traffic >= rule.floor):
            return None
        beyond = value < bound if rule.low else value > bound
        near, far = (value, float(bound)) if rule.low else (float(bound), value)
        severity = far / near if near else float("inf") if far else 1.0
        return Verdict(subject, value, known.value, float(bound), severity, beyond)

    def _update_baselines(self, measured: Mapping[str, Measured], beyond: set[str]) -> None:
        """Update the baselines. A subject that appears later is learned from its first bucket with enough traffic."""
        before = self._memories()
        for subject, one in measured.items():
            known = self._baselines.get(subject)
            if known is not None and one.traffic >= self.rule.learns_from:
                known.update(one.value, subject in beyond)
            elif known is None and teaches(self.rule, one):
                self._add_baseline(subject, one.value)
        self.changed = self._memories() != before

    def _memories(self) -> dict[str, object]:
        return {subject: baseline.memory for subject, baseline in self._baselines.items()}

    def _add_baseline(self, subject: str, value: float) -> None:
        if len(self._baselines) < MAX_SUBJECTS:
            previous = self._terms.previous_buckets
            if self.kind == "fixed" and subject in self.accepted:
                value = self.accepted[subject].value
            new = PreviousBaseline(self.rule, value, previous) if self.kind == "previous" else FixedBaseline(value)
            self._baselines[subject] = new

    def _record(self, before: State, window: Window) -> AlertRaised | AlertContinued | AlertDismissed | None:
        """Record the alert that the change from state `before` began, continued or ended."""
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
            previous=self.kind == "previous",
            subject=verdict.subject,
            contributors=rule.contributors(window, verdict.subject, self._usual),
            muted=self.muted_until > window.closes,
            dropped_share=window.dropped_share,
        )
        return replace(alert, explanation=self._explain(alert, rule))

    def _enter(self, trigger: Trigger) -> None:
        self.state = next_state(self.state, trigger)
        self.dismissed_at = self._shown_at = None

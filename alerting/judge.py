"""The judge of one signal: learns a baseline, then compares each bucket with it, following the table of states.

It shows and sends nothing; it returns what it decided.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf
from typing import Final

from alerting.alert import Alert, Contributor
from alerting.band import Band
from alerting.change import Change
from alerting.comparison import Comparison, SteadyComparison, Verdict
from alerting.events import Accepted as LevelAccepted
from alerting.events import (
    AlertContinued,
    AlertDismissed,
    AlertRaised,
    BaselineChosen,
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
from alerting.offer import reason
from alerting.rule import Measured, Rule
from alerting.seasonal import SeasonalComparison
from alerting.states import State, Trigger, next_state
from alerting.terms import BaselineKind, Terms
from alerting.window import Window

EARLIER: Final = 3600.0
"""Seconds after which the earlier one of the usual windows is replaced."""
MANY: Final = 200
"""Requests or responses of a usual window, of which one is the share below which a name is new."""
MOST_EMPTY: Final = 2000
"""Windows without traffic after which a season has learned that there is none: nearly three days."""

Explain = Callable[[Alert, Rule], str]
"""Writes the one-line explanation of an alert."""


class Judge:
    """Judges the signal that `rule` measures. Alerts go into `history`."""

    def __init__(self, rule: Rule, terms: Terms, history: AlertHistory, explain: Explain) -> None:
        self.rule = rule
        self.setting: BaselineKind = terms.baselines.get(rule.name, "fixed")
        """What values are compared with, unless the user chooses otherwise."""
        self.kind = self.setting
        """What values are compared with."""
        self.offer = ""
        """Why the user should choose a season, to stand behind the name; empty if there is no reason to."""
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
        # Subjects whose accepted level was taken again after a restart.
        self._again: set[str] = set()
        self.dismissed_at: float | None = None
        """When the last alert was dismissed, until the dismissal has been shown; then None."""
        self._flapping = FlappingFilter(rule.name, terms.changes_per_hour)
        self._terms = terms
        self._history = history
        self._explain = explain
        self._comparison = self._compared()
        self._learning = Learning(self._comparison.teaches, terms.learning_duration)
        self._empty = 0
        # The values of the last bucket that was judged.
        self._judged: dict[str, float] = {}
        # The latest window without an alert.
        self._usual: Window | None = None
        # One that is up to an hour older, from before a slow change.
        self._earlier: Window | None = None
        self._shown_at: float | None = None

    @property
    def flapping(self) -> bool:
        """Whether the state changes so often that alerts are muted."""
        return self._flapping.flapping

    @property
    def subjects(self) -> int:
        """The number of subjects with a baseline."""
        return len(self._comparison.values)

    def baseline(self, subject: str) -> float | None:
        """Return what values of a subject are compared with now; None if there is nothing yet."""
        return self._comparison.value(subject)

    def limit(self, subject: str) -> float | None:
        """Return the value beyond which a subject alerts; None if it is unknown, or the subject is not judged."""
        return self._comparison.limit(subject)

    def band_at(self, time: float) -> Band | None:
        """Return what is expected of the whole traffic at a time; None if that is not known, or does not change."""
        return self._comparison.band_at(time)

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
            self._keep_usual(window)
        return events

    @property
    def lesson(self) -> Lesson:
        """What was learned so far."""
        return Lesson(self._comparison.values, usual_of(self._usual, self.rule.statistics))

    def restore(self, lesson: Lesson, now: float) -> None:
        """Judge by what was learned in an earlier run, instead of learning.

        A lesson has no season, but what was expected then, with which the few minutes of an incident are compared.
        """
        if self.kind == "seasonal":
            self._comparison = SteadyComparison(self.rule, None)
        for subject, value in lesson.baselines.items():
            self._comparison.add(subject, value)
        self._usual = window_of(lesson.usual, self.rule.statistics, now)
        self._enter(Trigger.LEARNED)

    @property
    def muted(self) -> bool:
        """Whether the user muted it."""
        return self.muted_until > -inf

    def recall(self, window: Window) -> None:
        """Learn from a window of an earlier run. Only seasons can."""
        if self.kind != "seasonal" or (self.relearned is not None and window.opens < self.relearned):
            return
        self._accept_again(window.opens)
        beyond = self._comparison.recall(self.rule.measure(window), window)
        if not beyond and window.seconds <= self._terms.bucket_size:
            self._keep_usual(window)

    def end_recall(self) -> None:
        """Judge from now on, if there was anything to learn from."""
        self._accept_again(inf)
        if self.state is State.LEARNING and self._comparison.values:
            self._enter(Trigger.LEARNED)

    def _accept_again(self, until: float) -> None:
        """Take the levels as usual that were accepted in earlier runs, when their time has come."""
        for subject, accepted in self.accepted.items():
            if subject not in self._again and accepted.time <= until and self.kind == "seasonal":
                self._again.add(subject)
                self._comparison.accept(subject, accepted.value, accepted.time)

    def relearn(self, now: float) -> list[Event]:
        """Forget what was learned and accepted, and learn again. An active alert ends."""
        self.relearned = now
        return [*self._begin_again(now), Relearning(now, self.rule.name)]

    def choose(self, kind: BaselineKind, now: float) -> list[Event]:
        """Compare with something else from now on, if it is something else, and learn that. An active alert ends."""
        if kind == self.kind:
            return []
        self.compare_with(kind)
        return [*self._begin_again(now), BaselineChosen(now, self.rule.name, kind)]

    def compare_with(self, kind: BaselineKind) -> None:
        """Compare with this. Call it before anything is learned."""
        self.kind = kind
        self._comparison = self._compared()

    def _begin_again(self, now: float) -> list[Event]:
        events = self._finish(now)
        self._enter(Trigger.RELEARN)
        self._learning = Learning(self._comparison.teaches, self._terms.learning_duration)
        self._comparison.clear()
        self.accepted.clear()
        self.offer = ""
        self.last, self.silent, self._usual, self._earlier, self.empty_since = None, False, None, None, None
        return events

    def accept(self, now: float) -> list[Event]:
        """Take the last judged value of each subject as usual. An active alert ends."""
        if self.state is State.LEARNING or not self._judged:
            return []
        for subject, value in self._judged.items():
            self.accepted[subject] = Accepted(now, value)
            self._again.add(subject)
            self._comparison.accept(subject, value, now)
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
        learned = {subject: self._usual_level(subject, value) for subject, value in self._learning.baselines.items()}
        for subject, value in learned.items():
            self._comparison.add(subject, value)
        return [Learned(time, max(learned.values()), self.rule.name)]

    def _enforce(self, measured: Mapping[str, Measured], window: Window) -> list[Event]:
        verdicts = self._comparison.judge(measured, window)
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
        if self.kind == "fixed":
            self.offer = self.offer or reason(events)
        if not window.dropped_share:
            beyond = {verdict.subject for verdict in verdicts if verdict.beyond}
            self._empty = self._empty + 1 if window.is_empty else 0
            self.changed = self._comparison.learn(measured, beyond, window) and self._empty < MOST_EMPTY
        return events

    def _usual_level(self, subject: str, learned: float) -> float:
        """Return the level that the user accepted in an earlier run, or else what was learned."""
        accepted = self.accepted.get(subject)
        return accepted.value if accepted is not None and self.kind == "fixed" else learned

    def _compared(self) -> Comparison:
        if self.kind == "seasonal":
            return SeasonalComparison(self.rule, self._terms.bucket_size, self._terms.calendar)
        return SteadyComparison(self.rule, self._terms.previous_buckets if self.kind == "previous" else None)

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
        rule, change = self.rule, self._comparison.change(verdict.subject)
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
            contributors=self._contributors(window, verdict.subject, self._before(change)),
            muted=self.muted_until > window.closes,
            dropped_share=window.dropped_share,
            seasonal=self.kind == "seasonal",
            seconds=verdict.seconds,
        )
        if change is not None:
            alert = replace(alert, since=change.since, before=change.before, after=change.after, stepped=change.step)
        return replace(alert, explanation=self._explain(alert, rule))

    def _contributors(self, window: Window, subject: str, usual: Window | None) -> tuple[Contributor, ...]:
        """Return the main contributors. In little traffic everything is new, which says nothing."""
        found = self.rule.contributors(window, subject, usual)
        if usual is not None and usual.of(self.rule.statistics[0]).total < MANY:
            return tuple(replace(each, new=False) for each in found)
        return found

    def _keep_usual(self, window: Window) -> None:
        if self._earlier is None or window.closes - self._earlier.closes >= EARLIER:
            self._earlier = self._usual
        self._usual = window.only(self.rule.statistics)

    def _before(self, change: Change | None) -> Window | None:
        """Return the latest usual window, or an earlier one if that was after the change."""
        if change is None or self._earlier is None or self._usual is None or self._usual.opens < change.since:
            return self._usual
        return self._earlier

    def _enter(self, trigger: Trigger) -> None:
        self.state = next_state(self.state, trigger)
        self.dismissed_at = self._shown_at = None

"""The monitor: collects what a store counts for the signals in windows, and has a judge for each signal.

The caller passes the time in seconds since the epoch. It only moves forward; an earlier `now` is ignored. Nothing is
shown or sent here: `advance` returns what was decided.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil, inf
from typing import Final

from alerting.band import Band
from alerting.events import Event, Muted
from alerting.habits import Chosen, Habits
from alerting.history import AlertHistory
from alerting.judge import Explain, Judge
from alerting.lesson import Lessons
from alerting.overload import Overload, Reading
from alerting.rule import WHOLE, Rule
from alerting.signal_statistics import REQUESTS, SignalStatistic
from alerting.states import State
from alerting.terms import BaselineKind, Terms
from alerting.window import Window, windows_of
from store.store import Store
from store.sums import ClosedBucket
from traffic.batch import Batch

LATEST: Final = 1e11
"""The year 5138. A later time is corrupt, and floats that large no longer resolve seconds reliably."""


class Monitor:
    """Learns for `terms.learning_duration`, then judges a window every `terms.bucket_size` seconds by each of the
    rules.

    The first rule is that of the request rate. Windows consist of whole buckets of the store, which are aligned to the
    epoch; so learning ends with the first bucket that ends on time or later, and the first window starts there. `start`
    is called once; nothing is judged before.
    """

    def __init__(self, rules: Sequence[Rule], terms: Terms, explain: Explain = lambda alert, rule: "") -> None:
        self.terms = terms
        self.history = AlertHistory(terms.retention, terms.max_alerts)
        self.judges = [Judge(rule, terms, self.history, explain) for rule in rules]
        self._statistics = tuple(dict.fromkeys(each for rule in rules for each in rule.statistics))
        self._store = Store(self._statistics, terms.store_bucket, terms.bucket_size, terms.max_keys, windows=())
        self._store.on_close(self._take)
        self._rate = self.judges[0]
        self._window = Window.empty(self._statistics, inf, inf)
        self._overload = Overload(terms.store_bucket)
        self._started = self._now = -inf
        # Events to be returned by the next `advance`.
        self._told: list[Event] = []
        # Starts of the alerts that were acknowledged in an earlier run.
        self._acknowledged: dict[str, float] = {}
        # Closed buckets that `advance` has not processed.
        self._waiting: list[ClosedBucket] = []

    def start(self, now: float) -> None:
        """Start learning at `now`, or judging if what earlier runs counted was recalled.

        It includes what was counted before, but not buckets that ended before.
        """
        self._started = now
        self._rate.empty_since = None
        self._window.opens, self._window.closes = now, self._edge(now + self._duration)

    def resume(self, now: float) -> None:
        """Go on at `now` after a time in which nobody watched: it was no silence, so no window that it touches is
        judged or learned from. Learning starts again; otherwise the next window starts with the next bucket.
        """
        self._store.advance(now)
        self._waiting.clear()
        self._started = self._edge(now)
        self._overload.open_window(self._started)
        self._window = Window.empty(self._statistics, self._started, self._started + self.terms.bucket_size)
        if self._rate.state is State.LEARNING:
            self.start(now)

    def restore(self, lessons: Lessons, opens: float) -> None:
        """Judge at once by what was learned in an earlier run, instead of learning.

        The first window opens at `opens`, the edge of a bucket; what is counted before is not judged.
        """
        for judge in self.judges:
            if (lesson := lessons.get(judge.rule.name)) is not None:
                judge.restore(lesson, opens)
        self._started = opens
        self._overload.open_window(opens)
        self._window = Window.empty(self._statistics, opens, opens + self.terms.bucket_size)

    def add(self, batch: Batch) -> None:
        """Count records at their own time. Records too late for their bucket count in the current window."""
        self._store.add(batch)

    def take(self, bucket: ClosedBucket) -> bool:
        """Count what another store counted for the signals, at its own time. What arrives after its window was judged
        is ignored, and False returned: it may be hours of traffic, which would look like a flood now.
        """
        in_time = bucket.start >= self._window.opens
        if in_time:
            self._store.take(bucket)
        return in_time

    def on_close(self, callback: Callable[[ClosedBucket], None]) -> None:
        """Call `callback` with each bucket of what the signals count, as `Store.on_close` does."""
        self._store.on_close(callback)

    def close_buckets(self, end: float) -> None:
        """Close the buckets that end by then, at the end of a run. They are not judged."""
        self._store.advance(end)
        self._waiting.clear()

    def note_taken(self, now: float, read_at: float, reading: Reading) -> None:
        """Note how much was taken and dropped in all, as read at `read_at`. Call this before `advance`."""
        self._overload.note(now, read_at, reading)

    def advance(self, now: float) -> list[Event]:
        """Judge each window that ended by `now`, and drop alerts that are too old."""
        self._store.advance(now)
        events, self._told = self._told, []
        now = min(now, LATEST)
        self._now = max(self._now, now)
        for bucket in sorted(self._waiting, key=lambda bucket: bucket.start):
            if bucket.start <= now:
                events += self._judge_until(bucket.start)
                self._window.add(bucket)
        self._waiting = [bucket for bucket in self._waiting if bucket.start > now]
        events += self._judge_until(now)
        self.history.age(now)
        return events + self._ended_mutes()

    def _ended_mutes(self) -> list[Event]:
        ended = [judge for judge in self.judges if judge.muted and judge.muted_until <= self._now]
        for judge in ended:
            judge.muted_until = -inf
        return [Muted(self._now, judge.rule.name, self._now) for judge in ended]

    def _named(self, signal: str) -> list[Judge]:
        return [judge for judge in self.judges if judge.rule.name == signal]

    def recall(self, buckets: Iterable[ClosedBucket]) -> None:
        """Learn from what earlier runs counted for the signals: hours and minutes, oldest first.

        Only signals with a seasonal baseline use it. Call it before `start`, and after `restore_habits`. What overlaps
        with what was learned before is left out.
        """
        for _ in self.recalling(buckets):
            pass

    def recalling(self, buckets: Iterable[ClosedBucket], signal: str = "") -> Iterator[None]:
        """Do the same in steps, so that it need not delay the start: it must be over before the next window ends. With
        `signal`, only that signal learns, of which another baseline was chosen.
        """
        judges = [judge for judge in self.judges if signal in ("", judge.rule.name)]
        for window in windows_of(buckets, self._statistics, self.terms.bucket_size):
            for judge in judges:
                judge.recall(window)
            yield
        for judge in judges:
            judge.end_recall()

    def relearn(self, now: float, signal: str = "") -> list[Event]:
        """Let one signal, or all of them, learn again from `now` on, which was advanced to before. Active alerts end.

        What was counted in the current window is not judged if all signals or the request rate learn again.
        """
        judges = [judge for judge in self.judges if signal in ("", judge.rule.name)]
        events = [event for judge in judges for event in judge.relearn(now)]
        if self._rate in judges:
            self._learn_from(now)
        return events

    def choose_baseline(self, signal: str, kind: BaselineKind, now: float) -> list[Event]:
        """Compare a signal with something else from `now` on, as `relearn` does: it learns that first."""
        events = [event for judge in self._named(signal) for event in judge.choose(kind, now)]
        if events and self._rate.rule.name == signal:
            self._learn_from(now)
        return events

    def _learn_from(self, now: float) -> None:
        self._overload.open_window(now)
        self._window = Window.empty(self._statistics, now, self._edge(now + self.terms.learning_duration))
        self._started = now

    def accept(self, signal: str, now: float) -> list[Event]:
        """Take the present of a signal as usual: the last judged value of each subject. An active alert ends."""
        return [event for judge in self._named(signal) for event in judge.accept(now)]

    def acknowledge(self, signal: str) -> None:
        """Note that the user has seen the active alert of a signal."""
        self.history.acknowledge(signal)

    def mute(self, signal: str, until: float) -> None:
        """Mute a signal until a time, or until it is ended (`math.inf`). A time that is over ends the muting.

        The next `advance` tells of it.
        """
        for judge in self._named(signal):
            judge.muted_until = until if until > self._now else -inf
            self._told.append(Muted(self._now, signal, max(until, self._now)))

    def muted_until(self, signal: str) -> float:
        """Return when the muting of a signal ends; minus infinity if it is not muted."""
        return max((judge.muted_until for judge in self._named(signal)), default=-inf)

    def band(self, times: Sequence[float]) -> Sequence[Band | None]:
        """Return the expected request rate at each of these times.

        None where nothing is known, or if the request rate has no seasonal baseline.
        """
        return [self._rate.band_at(time) for time in times]

    @property
    def habits(self) -> Habits:
        """What the user decided about the signals."""
        judges = {judge.rule.name: judge for judge in self.judges}
        return Habits(
            muted={name: judge.muted_until for name, judge in judges.items() if judge.muted},
            accepted={name: dict(judge.accepted) for name, judge in judges.items() if judge.accepted},
            relearned={name: judge.relearned for name, judge in judges.items() if judge.relearned is not None},
            acknowledged={alert.signal: alert.start for alert in self.history.active if alert.acknowledged},
            baselines={
                name: Chosen(judge.kind, judge.setting) for name, judge in judges.items() if judge.kind != judge.setting
            },
        )

    def restore_habits(self, habits: Habits) -> None:
        """Act on what the user decided in earlier runs. Call it before `recall`.

        An acknowledged alert that goes on after the restart is raised again, and is acknowledged.
        """
        for judge in self.judges:
            name = judge.rule.name
            judge.muted_until = habits.muted.get(name, -inf)
            judge.accepted = dict(habits.accepted.get(name, {}))
            judge.relearned = habits.relearned.get(name)
            chosen = habits.baselines.get(name)
            if chosen is not None and chosen.instead_of == judge.setting:
                judge.compare_with(chosen.kind)
        self._acknowledged = dict(habits.acknowledged)

    def refreshed(self, now: float) -> None:
        """Note a refresh of the dashboard at `now`. Call this before the new view is built."""
        for judge in self.judges:
            judge.refreshed(now)

    @property
    def statistics(self) -> Sequence[SignalStatistic]:
        """What the store counts for the signals."""
        return self._statistics

    @property
    def state(self) -> State:
        """The worst state of all signals.

        While the request rate is learned, that is the state unless there is an alert. Other signals learn along with
        it, or wait for enough traffic.
        """
        states = {judge.state for judge in self.judges}
        worst = (State.ALERT, self._rate.state if self._rate.state is State.LEARNING else State.DISMISSED)
        return next((state for state in worst if state in states), State.NORMAL)

    @property
    def silence(self) -> float:
        """Seconds without a request, after which learning restarted."""
        since = self._rate.empty_since
        return 0.0 if since is None else self._window.opens - since

    @property
    def baseline(self) -> float | None:
        """Requests per bucket; None while learning."""
        return self._rate.baseline(WHOLE)

    @property
    def lessons(self) -> Lessons:
        """What the signals have learned, without those that still learn."""
        return {judge.rule.name: judge.lesson for judge in self.judges if judge.state is not State.LEARNING}

    @property
    def limit(self) -> float | None:
        """Requests per bucket above which an alert is raised; None while learning."""
        return self._rate.limit(WHOLE)

    @property
    def threshold(self) -> float:
        """Percent above the baseline."""
        return self._rate.rule.threshold

    @property
    def count(self) -> int:
        """Requests in the current window so far; while learning, since learning started."""
        return self._window.of(REQUESTS[0]).total + self._store.open_count(REQUESTS[0].name)

    @property
    def dismissed_at(self) -> float | None:
        """When the last alert of the request rate was dismissed, until the dismissal has been shown; then None."""
        return self._rate.dismissed_at

    @property
    def dropped_share(self) -> float:
        """The share of the traffic that was dropped in the last bucket of the store, from 0 to 1, if it is so large
        that figures are too low; else 0.
        """
        return self._too_large(self._overload.recent)

    @property
    def opens(self) -> float:
        """When the current window, or the learning phase, began."""
        return self._window.opens

    @property
    def closes(self) -> float:
        """When the current window is judged, or the learning phase ends."""
        return self._window.closes

    @property
    def duration(self) -> float:
        """Length of the current window, or of the learning phase, in seconds."""
        return self._window.seconds

    def elapsed(self, now: float) -> float:
        """Return the seconds since the current window, or the learning phase, started."""
        return self._window.elapsed(now)

    def rate(self, now: float) -> float:
        """Return the requests per second in the current window, or the learning phase, so far."""
        elapsed = self.elapsed(now)
        return self.count / elapsed if elapsed > 0 else 0.0

    def next_check(self, now: float) -> float:
        """Return the seconds until the current window is judged, or the learning phase ends."""
        return self.duration - self.elapsed(now)

    def _take(self, bucket: ClosedBucket) -> None:
        """Take a bucket of the store that closed, or late records of one."""
        if bucket.start + bucket.width > self._started:
            self._waiting.append(bucket)

    def _judge_until(self, time: float) -> list[Event]:
        """Judge each window that ended by `time`.

        An empty window that changes nothing would be followed by others like it, so these are skipped at once: the work
        depends on what was counted, not on how far time jumped.
        """
        events: list[Event] = []
        while time >= self._window.closes:
            was_empty = self._window.is_empty
            events += self._judge()
            if was_empty and not any(judge.changed for judge in self.judges):
                self._window.step_over(time)
        return events

    def _judge(self) -> list[Event]:
        """Judge the window that ended, and open the next one."""
        window = self._window
        window.dropped_share = self._too_large(self._overload.in_window)
        self._overload.open_window(window.closes)
        events = [event for judge in self.judges for event in judge.judge(window)]
        self._acknowledge_again()
        self._window = Window.empty(self._statistics, window.closes, self._edge(window.closes + self._duration))
        return events

    def _acknowledge_again(self) -> None:
        """Acknowledge alerts that go on after a restart, until their signals are judged to be within the limit."""
        for judge in self.judges if self._acknowledged else ():
            name = judge.rule.name
            if judge.state is State.ALERT and name in self._acknowledged:
                self.history.acknowledge(name)
            if judge.state is not State.LEARNING:
                self._acknowledged.pop(name, None)

    @property
    def _duration(self) -> float:
        learning = self._rate.state is State.LEARNING
        return self.terms.learning_duration if learning else self.terms.bucket_size

    def _too_large(self, share: float) -> float:
        return share if 100 * share > self.terms.overload_share else 0.0

    def _edge(self, time: float) -> float:
        """Return the first end of a store bucket at `time` or later."""
        return ceil(time / self.terms.store_bucket) * self.terms.store_bucket

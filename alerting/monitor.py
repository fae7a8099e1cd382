"""The monitor: windows of what a store counts for the signals, and for each signal a judge of them.

Time is what the caller says it is, in seconds since the epoch; it goes forward only, and an earlier `now` is ignored.
Nothing is shown or sent here: `advance` returns what was decided.
"""

from collections.abc import Sequence
from math import ceil, inf
from typing import Final

from alerting.events import Event
from alerting.history import AlertHistory
from alerting.judge import Explain, Judge
from alerting.rule import WHOLE, Rule
from alerting.states import State
from alerting.sums import REQUESTS
from alerting.terms import Terms
from alerting.window import Window
from store.store import Store
from store.sums import ClosedBucket
from traffic.batch import Batch

LATEST: Final = 1e11
"""The year 5138. A time beyond it is damage, and floats that large no longer tell seconds apart reliably."""


class Monitor:
    """Learns for `terms.learning_duration`, then judges a window each `terms.bucket_size`, by each of the rules.

    The first rule is that of the request rate. Windows consist of whole buckets of the store, which are aligned to the
    epoch; so learning ends with the first bucket that ends when it should or later, and there the first window opens.
    `start` comes once; until then nothing is judged.
    """

    def __init__(self, rules: Sequence[Rule], terms: Terms, explain: Explain = lambda alert, rule: "") -> None:
        self.terms = terms
        self.history = AlertHistory(terms.retention, terms.max_alerts)
        self.judges = [Judge(rule, terms, self.history, explain) for rule in rules]
        self._sums = tuple(dict.fromkeys(each for rule in rules for each in rule.sums))
        self._store = Store(self._sums, terms.store_bucket, terms.bucket_size, terms.max_keys, windows=())
        self._store.on_close(self._take)
        self._rate = self.judges[0]
        self._window = Window.empty_of(self._sums, inf, inf)
        self._started = -inf
        self._waiting: list[ClosedBucket] = []  # for `advance`

    def start(self, now: float) -> None:
        """Begin to learn at `now`. What was counted before is part of it, what is captured before is not."""
        self._started = now
        self._window.opens, self._window.closes = now, self._edge(now + self.terms.learning_duration)

    def add(self, batch: Batch) -> None:
        """Count records at their time. What is late for its bucket goes into the window under way."""
        self._store.add(batch)

    def advance(self, now: float) -> list[Event]:
        """Judge each window that ended until `now`, and forget alerts that are too old."""
        self._store.advance(now)
        events: list[Event] = []
        now = min(now, LATEST)
        for bucket in sorted(self._waiting, key=lambda bucket: bucket.start):
            if bucket.start <= now:
                events += self._judge_until(bucket.start)
                self._window.add(bucket)
        self._waiting = [bucket for bucket in self._waiting if bucket.start > now]
        events += self._judge_until(now)
        self.history.age(now)
        return events

    def refreshed(self, now: float) -> None:
        """The dashboard is refreshed at `now`. To be called before the new view is built."""
        for judge in self.judges:
            judge.refreshed(now)

    @property
    def state(self) -> State:
        """What the request rate is at."""
        return self._rate.state

    @property
    def baseline(self) -> float | None:
        """Requests per bucket; None while learning."""
        return self._rate.baseline(WHOLE)

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
        """Requests so far in the window under way; while learning, since learning began."""
        return self._window.of(REQUESTS[0]).total + self._store.open_count(REQUESTS[0].name)

    @property
    def dismissed_at(self) -> float | None:
        """When the last alert of the request rate was dismissed, while that is to be shown; else None."""
        return self._rate.dismissed_at

    @property
    def duration(self) -> float:
        """Seconds of the window under way, or of learning."""
        return self._window.seconds

    def elapsed(self, now: float) -> float:
        """Seconds since the window under way, or learning, began."""
        return self._window.elapsed(now)

    def rate(self, now: float) -> float:
        """Requests per second so far in the window under way, or of learning."""
        elapsed = self.elapsed(now)
        return self.count / elapsed if elapsed > 0 else 0.0

    def next_check(self, now: float) -> float:
        """Seconds until the window under way is judged, or learning ends."""
        return self.duration - self.elapsed(now)

    def _take(self, bucket: ClosedBucket) -> None:
        """A bucket of the store closed, or something came late for one."""
        if bucket.start + bucket.width > self._started:
            self._waiting.append(bucket)

    def _judge_until(self, time: float) -> list[Event]:
        """Judge each window that ended until then.

        An empty window that changes nothing is followed by others like it, so they are stepped over at once: the work
        is bounded by what was counted, not by how far time jumped.
        """
        events: list[Event] = []
        while time >= self._window.closes:
            was_empty = self._window.is_empty
            events += self._judge()
            if was_empty and not any(judge.stirred for judge in self.judges):
                self._window.step_over(time)
        return events

    def _judge(self) -> list[Event]:
        """Judge the window that ended and open the next."""
        window = self._window
        events = [event for judge in self.judges for event in judge.judge(window)]
        learning = self._rate.state is State.LEARNING
        duration = self.terms.learning_duration if learning else self.terms.bucket_size
        self._window = Window.empty_of(self._sums, window.closes, self._edge(window.closes + duration))
        return events

    def _edge(self, time: float) -> float:
        """The first end of a bucket of the store then, or later."""
        return ceil(time / self.terms.store_bucket) * self.terms.store_bucket

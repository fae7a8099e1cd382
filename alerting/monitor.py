"""The judge of the request rate: learns a baseline, then compares the count of each bucket with it.

Time is what the caller says it is, in seconds since the epoch; it goes forward only, and an earlier `now` is ignored.
Nothing is shown or sent here: `advance` returns what was decided.
"""

import heapq
from fractions import Fraction
from math import inf
from typing import Final

from alerting.alert import Alert, Unit
from alerting.events import REQUEST_RATE, AlertContinued, AlertDismissed, AlertRaised, Event, Learned, LearningRestarted
from alerting.history import AlertHistory
from alerting.states import Signal, State, next_state

LATEST: Final = 1e11
"""The year 5138. A time beyond it is damage, and floats that large no longer tell seconds apart reliably."""


class RateMonitor:
    """Learns for `learning_duration`, then judges a bucket each `bucket_size`; both in seconds, `threshold` in percent.

    The first bucket begins where learning ended. `start` comes once; until then nothing is judged.
    """

    def __init__(self, bucket_size: float, learning_duration: float, threshold: float, retention: float) -> None:
        self.bucket_size = bucket_size
        self.learning_duration = learning_duration
        self.threshold = threshold
        self.history = AlertHistory(retention)
        self.baseline: int | None = None
        """Requests per bucket; None while learning."""
        self._state = State.LEARNING
        self._count = 0
        self._ahead: list[tuple[float, int]] = []  # a heap: counted later than the window under way; one drain at most
        self._dismissed_at: float | None = None
        self._shown_at: float | None = None
        self._begin(inf, learning_duration)

    def start(self, now: float) -> None:
        """Begin to learn at `now`. What was counted before is part of it."""
        early = self._count
        self._begin(now, self.learning_duration)
        self._count += early

    def add(self, time: float, count: int = 1) -> None:
        """Count `count` requests made at `time`. What is late for its bucket goes into the one under way."""
        if self._closes <= time <= LATEST:
            heapq.heappush(self._ahead, (time, count))
        else:
            self._count += count

    def advance(self, now: float) -> list[Event]:
        """Judge each bucket that ended until `now`, and forget alerts that are too old.

        An empty bucket that changes no state is followed by others like it until the next request, so they are stepped
        over at once: the work is bounded by what was counted, not by how far time jumped.
        """
        events: list[Event] = []
        now = min(now, LATEST)
        while now >= self._closes:
            state, empty = self._state, self._count == 0
            events += self._judge()
            if empty and self._state is state:
                self._step_over(now)
        self.history.age(now)
        return events

    def refreshed(self, now: float) -> None:
        """The dashboard is refreshed at `now`. To be called before the new view is built.

        The first refresh after a dismissal shows it and changes nothing; the next one takes it off the screen.
        """
        if self._state is State.DISMISSED and self._shown_at is None:
            self._shown_at = now
        elif self._shown_at is None or now > self._shown_at:
            self._enter(next_state(self._state, Signal.REFRESHED))

    @property
    def state(self) -> State:
        """What the monitor is at."""
        return self._state

    @property
    def count(self) -> int:
        """Requests so far in the bucket under way; while learning, since learning began."""
        return self._count

    @property
    def limit(self) -> float | None:
        """Requests per bucket above which an alert is raised; None while learning."""
        return None if self.baseline is None else float(self._exact_limit(self.baseline))

    @property
    def dismissed_at(self) -> float | None:
        """When the last alert was dismissed, while that is to be shown; else None."""
        return self._dismissed_at

    def elapsed(self, now: float) -> float:
        """Seconds since the bucket under way, or learning, began."""
        return min(max(now - self._opens, 0.0), self._width)

    def rate(self, now: float) -> float:
        """Requests per second so far in the bucket under way, or of learning."""
        elapsed = self.elapsed(now)
        return self._count / elapsed if elapsed > 0 else 0.0

    def next_check(self, now: float) -> float:
        """Seconds until the bucket under way is judged, or learning ends."""
        return self._width - self.elapsed(now)

    def _begin(self, origin: float, width: float) -> None:
        """Lay out windows of `width` from `origin` on, and open the first."""
        self._origin, self._width, self._index = origin, width, -1
        self._open_next()

    def _open_next(self, skipped: int = 0) -> None:
        self._index += 1 + skipped
        self._opens = self._origin + self._index * self._width
        self._closes = self._origin + (self._index + 1) * self._width  # from the origin, so that no error adds up
        self._count = 0
        while self._ahead and self._ahead[0][0] < self._closes:
            self._count += heapq.heappop(self._ahead)[1]

    def _step_over(self, now: float) -> None:
        """Leave out the empty windows that end before the next request, and until `now`."""
        until = min(now, self._ahead[0][0]) if self._ahead else now
        whole = int((until - self._opens) // self._width)
        if not self._count and whole > 1:
            self._open_next(skipped=whole - 2)
        while not self._count and self._closes <= until:  # what rounding may have left
            self._open_next()

    def _judge(self) -> list[Event]:
        """Judge the window that ended and open the next."""
        time, count, before = self._closes, self._count, self._state
        signal = self._signal(count)
        self._enter(next_state(before, signal))
        if signal is Signal.LEARNED:
            self.baseline = self._scaled(count)
            self._begin(time, self.bucket_size)
            return [Learned(time, self.baseline)]
        self._open_next()
        if signal is Signal.EMPTY:
            return [LearningRestarted(time)]
        return self._record(time, count, before)

    def _signal(self, count: int) -> Signal:
        if self.baseline is None:
            return Signal.LEARNED if count else Signal.EMPTY
        return Signal.EXCEEDED if count > self._exact_limit(self.baseline) else Signal.WITHIN

    def _record(self, time: float, count: int, before: State) -> list[Event]:
        """Write the alert down that the change from `before` began, went on with or ended."""
        if self._state is State.ALERT and before is State.ALERT:
            return [AlertContinued(time, self.history.proceed(count))]
        if self._state is State.ALERT:
            baseline, limit = self.baseline or 0, self.limit or 0.0
            alert = Alert(REQUEST_RATE, time, None, count, count, baseline, self.threshold, limit, Unit.HITS)
            return [AlertRaised(time, self.history.begin(alert))]
        if self._state is State.DISMISSED:
            self._dismissed_at = time
            return [AlertDismissed(time, self.history.finish(time))]
        return []

    def _enter(self, state: State) -> None:
        self._state = state
        self._dismissed_at = self._shown_at = None

    def _scaled(self, count: int) -> int:
        """Requests of the learning time per bucket: the nearest whole number, and at least 1 as there were some."""
        return max(1, int(count * Fraction(self.bucket_size) / Fraction(self.learning_duration) + Fraction(1, 2)))

    def _exact_limit(self, baseline: int) -> Fraction:
        """In fractions, as 100 x 1.15 is 114.99999999999999 in floats, and 115 must not exceed it."""
        return baseline * (1 + Fraction(str(self.threshold)) / 100)

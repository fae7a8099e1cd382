"""The monitor: counts records in buckets, once for all signals, and has a judge for each of them.

Time is what the caller says it is, in seconds since the epoch; it goes forward only, and an earlier `now` is ignored.
Nothing is shown or sent here: `advance` returns what was decided.
"""

from bisect import bisect_left
from collections.abc import Sequence
from math import inf
from operator import attrgetter
from typing import Any, Final, TypeVar

from alerting.counts.requests import Requests
from alerting.events import Event
from alerting.figures import Figures
from alerting.history import AlertHistory
from alerting.judge import Explain, Judge
from alerting.rule import WHOLE, Rule
from alerting.states import State
from alerting.terms import Terms
from alerting.windows import Windows
from traffic.records import Exchange, Request

LATEST: Final = 1e11
"""The year 5138. A time beyond it is damage, and floats that large no longer tell seconds apart reliably."""
_TIME = attrgetter("time")
R = TypeVar("R", Request, Exchange)


class Monitor:
    """Learns for `terms.learning_duration`, then judges a bucket each `terms.bucket_size`, by each of the rules.

    The first rule is that of the request rate, which counts `Requests`. The first bucket begins where its learning
    ended. `start` comes once; until then nothing is judged.
    """

    def __init__(self, rules: Sequence[Rule], terms: Terms, explain: Explain = lambda alert, rule: "") -> None:
        self.terms = terms
        self.history = AlertHistory(terms.retention, terms.max_alerts)
        self.judges = [Judge(rule, terms, self.history, explain) for rule in rules]
        self._rate = self.judges[0]
        self._windows = Windows(terms.learning_duration)
        self._figures = Figures({rule.count for rule in rules}, terms.learning_duration)
        self._started = -inf
        self._ahead: list[Any] = []  # records that are later than the window under way; one drain at most

    def start(self, now: float) -> None:
        """Begin to learn at `now`. What was counted before is part of it, what is captured before is not."""
        self._started = now
        self._windows.begin(now, self.terms.learning_duration)

    def add(self, records: Sequence[Any]) -> None:
        """Count requests and exchanges at their time. What is late for its bucket goes into the one under way."""
        requests = self._due([record for record in records if type(record) is Request])
        exchanges = self._due([record for record in records if type(record) is Exchange])
        self._figures.add(requests, exchanges)

    def advance(self, now: float) -> list[Event]:
        """Judge each bucket that ended until `now`, and forget alerts that are too old.

        An empty bucket that changes nothing is followed by others like it until the next record, so they are stepped
        over at once: the work is bounded by what was counted, not by how far time jumped.
        """
        events: list[Event] = []
        now = min(now, LATEST)
        while now >= self._windows.closes:
            empty = self._figures.empty
            events += self._judge()
            if empty and self._figures.empty and not any(judge.stirred for judge in self.judges):
                self._step_over(now)
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
        """Requests so far in the bucket under way; while learning, since learning began."""
        return self._figures.of(Requests).all.total

    @property
    def dismissed_at(self) -> float | None:
        """When the last alert of the request rate was dismissed, while that is to be shown; else None."""
        return self._rate.dismissed_at

    def elapsed(self, now: float) -> float:
        """Seconds since the bucket under way, or learning, began."""
        return self._windows.elapsed(now)

    def rate(self, now: float) -> float:
        """Requests per second so far in the bucket under way, or of learning."""
        elapsed = self.elapsed(now)
        return self.count / elapsed if elapsed > 0 else 0.0

    def next_check(self, now: float) -> float:
        """Seconds until the bucket under way is judged, or learning ends."""
        return self._windows.width - self.elapsed(now)

    def _judge(self) -> list[Event]:
        """Judge the window that ended and open the next."""
        time, figures, learning = self._windows.closes, self._figures, self._rate.state is State.LEARNING
        events = [event for judge in self.judges for event in judge.judge(time, figures)]
        if learning and self._rate.state is not State.LEARNING:
            self._windows.begin(time, self.terms.bucket_size)
        else:
            self._windows.open_next()
        self._figures = figures.successor(self._windows.width)
        self._take_over()
        return events

    def _due(self, records: list[R]) -> list[R]:
        """Those that count now. Later ones are kept, those from before the start are not."""
        closes, started = self._windows.closes, self._started
        if not records or (max(map(_TIME, records)) < closes and min(map(_TIME, records)) >= started):
            return records
        self._ahead += [record for record in records if closes <= record.time <= LATEST]
        return [record for record in records if not (closes <= record.time <= LATEST or record.time < started)]

    def _take_over(self) -> None:
        """Count what is no longer ahead."""
        if self._ahead:
            self._ahead.sort(key=_TIME)
            cut = bisect_left(self._ahead, self._windows.closes, key=_TIME)
            due, self._ahead = self._ahead[:cut], self._ahead[cut:]
            self.add(due)

    def _step_over(self, now: float) -> None:
        """Leave out the empty windows that end before the next record, and until `now`."""
        self._windows.step_over(min(now, self._ahead[0].time) if self._ahead else now)
        self._take_over()

"""A restart with the history judges as a run that went on; what the user decided survives it."""

from collections.abc import Iterator
from math import inf
from random import Random

import pytest
from seasons import DAY, HOUR, MONDAY, SUMMER, WEEK, WINDOW, daily

from alerting.calendar import Calendar
from alerting.events import Accepted, AlertDismissed, AlertRaised, Event, Muted, Relearning
from alerting.habits import Habits
from alerting.monitor import Monitor
from alerting.signals.request_rate import RequestRate
from alerting.states import State
from alerting.terms import Terms
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums

TERMS = Terms(
    WINDOW, WINDOW, DAY, baselines={"request_rate": "seasonal"}, calendar=Calendar(SUMMER), store_bucket=WINDOW
)


class Run:
    """A monitor of the request rate, which is given windows."""

    def __init__(self, start: float) -> None:
        self.monitor = Monitor([RequestRate(10, WINDOW)], TERMS)
        self.now = start

    def bucket(self, start: float, width: float, count: int) -> ClosedBucket:
        """Return a bucket with so many requests, of one client for one section."""
        sums = KeyedSums.of_items([("key", Sums(count))])
        names = [each.name for each in self.monitor.statistics]
        return ClosedBucket(start, width, tuple(StatisticSums(name, sums, NOTHING) for name in names))

    def lives(self, counts: list[int]) -> list[Event]:
        """Count windows with so many requests each."""
        told: list[Event] = []
        for count in counts:
            self.monitor._take(self.bucket(self.now, WINDOW, count))  # the store would take longer
            self.now += WINDOW
            told += self.monitor.advance(self.now)
        return told


def traffic(start: float, length: float, factor: float = 1.0, seed: int = 1) -> list[int]:
    """Return the noisy requests of each window."""
    random, found = Random(seed), []
    for number in range(int(length // WINDOW)):
        expected = factor * daily(start + WINDOW * number)
        found.append(max(0, round(random.gauss(expected, (expected + (0.08 * expected) ** 2) ** 0.5))))
    return found


def history(run: Run, start: float, counts: list[int]) -> Iterator[ClosedBucket]:
    """Iterate over what a history has: hours, and the minutes of the last two days."""
    recent = max(0, len(counts) - 2 * 24 * 30) // 30 * 30
    for place in range(0, recent, 30):
        yield run.bucket(start + WINDOW * place, HOUR, sum(counts[place : place + 30]))
    for place in range(recent, len(counts)):
        yield run.bucket(start + WINDOW * place, 60, counts[place] // 2)
        yield run.bucket(start + WINDOW * place + 60, 60, counts[place] - counts[place] // 2)


@pytest.fixture(scope="module")
def weeks() -> tuple[list[int], Run]:
    """Return the windows of ten days and a half, and a run that counted them."""
    counts, run = traffic(MONDAY, WEEK + 3.5 * DAY), Run(MONDAY)
    run.monitor.start(MONDAY)
    assert not [event for event in run.lives(counts) if isinstance(event, AlertRaised)]
    return counts, run


def restarted(counts: list[int], habits: Habits | None = None) -> Run:
    run = Run(MONDAY + WINDOW * len(counts))
    if habits is not None:
        run.monitor.restore_habits(habits)
    run.monitor.recall(history(run, MONDAY, counts))
    run.monitor.start(run.now)
    return run


def test_after_a_restart_the_same_is_expected(weeks: tuple[list[int], Run]) -> None:
    """Of hours: what recurs within them is learned anew, and until then their noise is not."""
    counts, before = weeks
    after = restarted(counts)
    assert after.monitor.state is State.NORMAL
    for hour in range(168):
        times = [after.now + hour * HOUR + 300 * step for step in range(12)]
        one, other = ([each for each in run.monitor.band(times) if each is not None] for run in (before, after))
        assert (len(one), len(other)) == (12, 12)
        expected = sum(each.expected for each in one)
        high = sum(each.high for each in one) / expected
        assert sum(each.expected for each in other) == pytest.approx(expected, rel=0.1)
        assert sum(each.high for each in other) / sum(each.expected for each in other) == pytest.approx(high, rel=0.4)


def test_after_a_restart_a_day_is_judged_alike(weeks: tuple[list[int], Run]) -> None:
    counts, _ = weeks
    run = restarted(counts)
    assert run.lives(traffic(run.now, DAY, seed=2)) == []
    told = run.lives(traffic(run.now, HOUR / 4, 2.0, seed=3))
    (raised,) = [event for event in told if isinstance(event, AlertRaised)]
    assert raised.time - (run.now - HOUR / 4) <= 2 * WINDOW
    assert raised.alert.seasonal


def test_an_hour_that_was_recalled_as_minutes_too_counts_once(weeks: tuple[list[int], Run]) -> None:
    counts, _ = weeks
    run = Run(MONDAY)
    hour = run.bucket(MONDAY, HOUR, 600)
    again = [run.bucket(MONDAY + 60 * place, 60, 10) for place in range(60)]
    run.monitor.recall([hour, *again, run.bucket(MONDAY + HOUR, HOUR, 600)])
    band = run.monitor.band([MONDAY + HOUR / 2])[0]
    assert band is not None
    assert band.expected == pytest.approx(600 / 3600, rel=0.1)
    assert counts


def test_without_a_history_learning_starts(weeks: tuple[list[int], Run]) -> None:
    run = restarted([])
    assert run.monitor.state is State.LEARNING
    assert run.monitor.band([MONDAY]) == [None]
    assert weeks


def test_an_accepted_level_survives_a_restart(weeks: tuple[list[int], Run]) -> None:
    counts, _ = weeks
    run = restarted(counts)
    doubled = traffic(run.now, HOUR, 2.0)
    assert next(type(event) for event in run.lives(doubled)) is AlertRaised
    ended, accepted = run.monitor.accept("request_rate", run.now)
    assert isinstance(ended, AlertDismissed)
    assert isinstance(accepted, Accepted)
    assert run.monitor.history.active == ()
    habits = run.monitor.habits
    assert list(habits.accepted["request_rate"]) == [""]
    again = restarted([*counts, *doubled], habits)
    assert again.lives(traffic(again.now, HOUR, 2.0, seed=4)) == []
    assert [type(event) for event in restarted([*counts, *doubled]).lives(traffic(again.now, HOUR, 2.0, seed=4))]


def test_what_was_counted_before_learning_again_is_not_recalled(weeks: tuple[list[int], Run]) -> None:
    counts, _ = weeks
    run = restarted(counts)
    assert run.monitor.relearn(run.now, "request_rate") == [Relearning(run.now, "request_rate")]
    again = restarted(counts, run.monitor.habits)
    assert again.monitor.state is State.LEARNING


def test_a_muted_signal_is_told_again_when_its_time_is_over() -> None:
    run = restarted([])
    run.lives([100, 100])
    run.monitor.mute("request_rate", run.now + 600)
    told = run.lives([100])
    assert told == [Muted(run.now - WINDOW, "request_rate", run.now + 480)]
    habits = run.monitor.habits
    assert habits.muted == {"request_rate": run.now + 480}
    assert run.monitor.muted_until("request_rate") == run.now + 480
    assert run.lives([100] * 4)[-1] == Muted(run.now, "request_rate", run.now)
    assert run.monitor.muted_until("request_rate") == -inf
    again = restarted([])
    again.monitor.restore_habits(habits)
    assert again.monitor.muted_until("request_rate") == habits.muted["request_rate"]


def test_an_acknowledged_alert_stays_so_if_it_goes_on_after_a_restart(weeks: tuple[list[int], Run]) -> None:
    counts, _ = weeks
    run = restarted(counts)
    run.lives(traffic(run.now, HOUR / 2, 3.0))
    run.monitor.acknowledge("request_rate")
    again = restarted([*counts, *traffic(run.now - HOUR / 2, HOUR / 2, 3.0)], run.monitor.habits)
    again.lives(traffic(again.now, HOUR / 6, 3.0))
    (active,) = again.monitor.history.active
    assert active.acknowledged

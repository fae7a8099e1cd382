"""The monitor where time misbehaves, and against a slow recount. The stories of the logic are in exercise_test.py."""

import pytest
from alerting_records import request, requests
from hypothesis import given, strategies

from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Learned, LearningRestarted
from alerting.monitor import Monitor
from alerting.signals.request_rate import RequestRate
from alerting.states import State
from alerting.terms import Terms

YEAR = 365 * 86400.0


def enforcing(baseline: int = 100) -> Monitor:
    """A monitor at time 100 with buckets of 100 s, from a learning of as many."""
    monitor = Monitor([RequestRate(10, 100)], Terms(bucket_size=100, learning_duration=100, retention=86400))
    monitor.start(0)
    monitor.add(requests(0, baseline))
    monitor.advance(100)
    return monitor


def test_requests_count_in_the_bucket_of_their_own_time_though_time_was_not_advanced() -> None:
    monitor = enforcing()
    for time in (150, 250, 350):
        monitor.add(requests(time, 200 if time == 250 else 10))
    kinds = [(type(event), event.time) for event in monitor.advance(400)]
    assert kinds == [(AlertRaised, 300), (AlertDismissed, 400)]


def test_a_late_request_goes_into_the_bucket_under_way() -> None:
    monitor = enforcing()
    monitor.advance(200)
    monitor.add(requests(150, 111))
    assert monitor.count == 111
    (raised,) = monitor.advance(300)
    assert raised == AlertRaised(300, monitor.history.alerts[0])


def test_several_boundaries_at_once_are_judged_one_by_one() -> None:
    monitor = enforcing()
    for time in (100, 200, 300):
        monitor.add(requests(time, 200))
    kinds = [type(event) for event in monitor.advance(600)]
    assert kinds == [AlertRaised, AlertContinued, AlertContinued, AlertDismissed]
    assert monitor.state is State.NORMAL


def test_a_jump_of_a_thousand_years_ends_the_alert_and_costs_nothing() -> None:
    monitor = enforcing()
    monitor.add(requests(100, 200))
    monitor.advance(200)
    (dismissed,) = monitor.advance(1000 * YEAR)
    assert dismissed.time == 300
    assert monitor.state is State.NORMAL
    assert 0 < monitor.next_check(1000 * YEAR) <= 100


def test_requests_on_both_sides_of_a_jump_are_judged_each_in_its_bucket() -> None:
    monitor = enforcing()
    monitor.add(requests(100, 200))
    monitor.add(requests(10 * YEAR, 300))
    events = monitor.advance(10 * YEAR + 200)
    boundary = 10 * YEAR + 100
    assert [(type(event), event.time) for event in events] == [
        (AlertRaised, 200),
        (AlertDismissed, 300),
        (AlertRaised, boundary),
        (AlertDismissed, boundary + 100),
    ]


def test_a_jump_while_learning_restarts_it_once_and_keeps_its_rhythm() -> None:
    monitor = Monitor([RequestRate(10, 100)], Terms(100, 60, 86400))
    monitor.start(0)
    monitor.add(requests(YEAR, 6))
    events = monitor.advance(YEAR + 60)
    assert events == [LearningRestarted(60), Learned(YEAR + 60, 10)]


@pytest.mark.parametrize("time", [float("nan"), float("inf"), 1e300])
def test_a_damaged_time_is_counted_and_stops_nothing(time: float) -> None:
    monitor = enforcing()
    monitor.add(requests(time, 200))
    assert monitor.count == 200
    (raised,) = monitor.advance(200)
    assert raised.time == 200
    monitor.advance(time)
    monitor.refreshed(time)


@pytest.mark.parametrize("time", [-1e300, -1.0])
def test_what_was_captured_before_the_start_does_not_count(time: float) -> None:
    monitor = enforcing()
    monitor.add([*requests(time, 200), request(150)])
    assert monitor.count == 1


def test_time_that_goes_back_is_ignored() -> None:
    monitor = enforcing()
    monitor.add(requests(100, 200))
    monitor.advance(200)
    assert monitor.advance(50) == []
    assert monitor.state is State.ALERT
    assert monitor.elapsed(50) == 0
    assert monitor.next_check(50) == 100


def test_before_the_start_nothing_is_judged_and_nothing_lost() -> None:
    monitor = Monitor([RequestRate(10, 100)], Terms(100, 100, 86400))
    monitor.add(requests(5, 50))
    assert monitor.advance(1e9) == []
    assert (monitor.state, monitor.next_check(5)) == (State.LEARNING, 100)
    monitor.start(0)
    assert monitor.advance(100) == [Learned(100, 50)]


@given(
    counts=strategies.lists(strategies.integers(0, 30), max_size=40),
    steps=strategies.lists(strategies.integers(1, 700), max_size=30),
)
def test_the_size_of_the_steps_changes_no_decision(counts: list[int], steps: list[int]) -> None:
    """One advance for each bucket, or for many of them, or for parts: the same events."""
    fine, coarse = enforcing(10), enforcing(10)
    wanted = []
    for number, count in enumerate(counts):
        if count:
            fine.add(requests(100 + number * 100 + 50, count))
            coarse.add(requests(100 + number * 100 + 50, count))
        wanted += fine.advance(200 + number * 100)
    end = 100 + len(counts) * 100
    now, got = 100.0, []
    for step in steps:
        now = min(now + step, end)
        got += coarse.advance(now)
    got += coarse.advance(end)
    assert got == wanted
    assert coarse.state is fine.state

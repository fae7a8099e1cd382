"""The monitor when time misbehaves, and compared with a slow recount. exercise_test.py tests its logic."""

import pytest
from alerting_records import Watch, requests
from hypothesis import given, strategies
from records import ended, request

from alerting.alert import Alert, SignalUnit
from alerting.comparison import MAX_SUBJECTS
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Learned, LearningRestarted
from alerting.history import AlertHistory
from alerting.signals.request_rate import RequestRate
from alerting.signals.response_time import ResponseTime
from alerting.states import State
from alerting.terms import Terms

YEAR = 365 * 86400.0


def enforcing(baseline: int = 100) -> Watch:
    """Return a monitor at time 100 that has learned for 100 s, with buckets of 100 s."""
    watch = Watch([RequestRate(10, 100)], Terms(bucket_size=100, learning_duration=100, retention=86400))
    watch.add(requests(0, baseline))
    watch.advance(100)
    return watch


def test_requests_count_in_their_own_bucket_before_time_is_advanced() -> None:
    watch = enforcing()
    for time in (150, 250, 350):
        watch.add(requests(time, 200 if time == 250 else 10))
    kinds = [(type(event), event.time) for event in watch.advance(400)]
    assert kinds == [(AlertRaised, 300), (AlertDismissed, 400)]


def test_a_late_request_counts_in_the_current_bucket() -> None:
    watch = enforcing()
    watch.advance(200)
    watch.add(requests(150, 111))
    watch.advance(230)
    assert watch.monitor.count == 111
    (raised,) = watch.advance(300)
    assert raised == AlertRaised(300, watch.monitor.history.alerts[0])


def test_buckets_passed_at_once_are_judged_one_by_one() -> None:
    watch = enforcing()
    for time in (100, 200, 300):
        watch.add(requests(time, 200))
    kinds = [type(event) for event in watch.advance(600)]
    assert kinds == [AlertRaised, AlertContinued, AlertContinued, AlertDismissed]
    assert watch.monitor.state is State.NORMAL


def test_a_jump_of_a_thousand_years_ends_the_alert_cheaply() -> None:
    watch = enforcing()
    watch.add(requests(100, 200))
    watch.advance(200)
    (dismissed,) = watch.advance(1000 * YEAR)
    assert dismissed.time == 300
    assert watch.monitor.state is State.NORMAL
    assert 0 < watch.monitor.next_check(1000 * YEAR) <= 100


def test_requests_before_and_after_a_jump_are_judged_in_their_own_buckets() -> None:
    watch = enforcing()
    watch.add(requests(100, 200))
    watch.add(requests(10 * YEAR, 300))
    events = watch.advance(10 * YEAR + 200)
    boundary = 10 * YEAR + 100
    assert [(type(event), event.time) for event in events] == [
        (AlertRaised, 200),
        (AlertDismissed, 300),
        (AlertRaised, boundary),
        (AlertDismissed, boundary + 100),
    ]


def test_a_jump_while_learning_restarts_it_once_and_keeps_its_phase() -> None:
    watch = Watch([RequestRate(10, 100)], Terms(100, 60, 86400))
    watch.add(requests(YEAR, 6))
    events = watch.advance(YEAR + 60)
    assert events == [LearningRestarted(60), Learned(YEAR + 60, 10)]


@pytest.mark.parametrize("time", [float("nan"), float("inf"), 1e300])
def test_a_corrupt_time_does_no_harm(time: float) -> None:
    watch = enforcing()
    watch.add([*requests(time, 200), *requests(150, 111)])
    (raised,) = watch.advance(200)
    assert raised.time == 200
    assert watch.monitor.history.alerts[0].value == 111
    watch.advance(time)
    watch.monitor.refreshed(time)


@pytest.mark.parametrize("time", [-1e300, -1.0])
def test_requests_captured_before_the_start_do_not_count(time: float) -> None:
    watch = enforcing()
    watch.add([*requests(time, 200), request(150)])
    watch.advance(180)
    assert watch.monitor.count == 1


def test_time_that_goes_back_is_ignored() -> None:
    watch = enforcing()
    watch.add(requests(100, 200))
    watch.advance(200)
    assert watch.advance(50) == []
    assert watch.monitor.state is State.ALERT
    assert watch.monitor.elapsed(50) == 0
    assert watch.monitor.next_check(50) == 100


def test_before_the_start_nothing_is_judged_or_lost() -> None:
    watch = Watch([RequestRate(10, 100)], Terms(100, 100, 86400), start=None)
    watch.add(requests(5, 50))
    assert watch.advance(1000) == []
    assert watch.monitor.state is State.LEARNING
    watch.monitor.start(0)
    assert watch.advance(1000)[0] == Learned(100, 50)


def test_learning_ends_with_a_store_bucket_and_is_scaled_by_its_length() -> None:
    watch = Watch([RequestRate(10, 100)], Terms(100, 100, 86400), start=1003)
    watch.add(request(1003 + second) for second in range(107))
    assert watch.advance(1105) == []
    assert (watch.monitor.duration, watch.monitor.next_check(1105)) == (107, 5)
    assert watch.advance(1110) == [Learned(1110, 100)]
    assert (watch.monitor.duration, watch.monitor.next_check(1110)) == (100, 100)


def test_the_bucket_size_is_rounded_up_to_store_buckets() -> None:
    watch = Watch([RequestRate(10, 100)], Terms(95, 100, 86400))
    watch.add([*requests(0, 100), *requests(199, 200)])
    assert [event.time for event in watch.advance(200)] == [100, 200]


@pytest.mark.parametrize("now", [155, 160, 165])
def test_the_count_so_far_includes_closed_and_open_buckets(now: float) -> None:
    watch = enforcing()
    for time in range(100, 170, 5):
        if time <= now:
            watch.add([request(time)])
    watch.advance(now)
    assert watch.monitor.count == (now - 100) / 5 + 1
    assert watch.monitor.elapsed(now) == now - 100


def test_a_bucket_that_closed_early_waits_for_its_time() -> None:
    """The store closes its oldest open buckets when there are too many."""
    watch = enforcing()
    for number in range(150):
        watch.add(requests(100 + 10 * number, 10 if number < 100 else 20))
    kinds = [(type(event), event.time) for event in watch.advance(1600)]
    assert kinds[0] == (AlertRaised, 1200)
    assert {kind for kind, _ in kinds[1:]} == {AlertContinued}


@given(
    counts=strategies.lists(strategies.integers(0, 30), max_size=40),
    steps=strategies.lists(strategies.integers(1, 700), max_size=30),
)
def test_no_decision_depends_on_the_size_of_the_steps(counts: list[int], steps: list[int]) -> None:
    """One advance for each bucket, for many of them, or for parts of them gives the same events."""
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
    assert coarse.monitor.state is fine.monitor.state


def test_an_ended_alert_is_kept_for_the_whole_retention() -> None:
    history = AlertHistory(100, 9)
    history.begin(Alert("request_rate", 10, None, 20, 20, 10, 10, 11, SignalUnit.HITS))
    history.finish("request_rate", 50)
    for now, kept in ((150, 1), (150.5, 0)):
        history.age(now)
        assert len(history.ended) == kept


def test_no_more_servers_are_judged_than_the_limit() -> None:
    watch = Watch([RequestRate(10, 100), ResponseTime(200, 1, 0.1)], Terms(100, 100, 86400))
    for time in (0, 100, 200):
        ports = range(10 * time + 1, 10 * time + 501)
        watch.add(ended(request(time)._replace(server_port=port)) for port in ports)
        watch.advance(time + 100)
    known = [watch.monitor.judges[1].baseline(f"10.0.0.5:{port}") for port in range(1, 3001)]
    assert sum(baseline is not None for baseline in known) == MAX_SUBJECTS

"""The table of states for a low-side signal: each pair by traffic alone, then what low means."""

from collections.abc import Callable
from random import Random

import pytest
from alerting_records import Watch, requests

from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Event, Learned
from alerting.rule import WHOLE, Rule
from alerting.signals.request_rate import RequestRate
from alerting.signals.traffic_drop import TrafficDrop
from alerting.states import TRANSITIONS, IllegalTrigger, State, Trigger
from alerting.terms import BaselineKind, Terms

USUAL, LITTLE = 200, 20
"""Requests in a bucket of 100 s. Below 80 it is a drop; a baseline below 1 per second is not judged."""


class Site:
    """Traffic by the bucket, judged for drops against the learned baseline, or against `previous` buckets."""

    def __init__(self, previous: int = 0) -> None:
        baselines: dict[str, BaselineKind] = {"traffic_drop": "previous" if previous else "fixed"}
        rules: list[Rule] = [RequestRate(1000, 100), TrafficDrop(60, 1)]
        self.watch = Watch(rules, Terms(100, 100, 86400, baselines=baselines, previous_buckets=previous or 1))
        self.monitor = self.watch.monitor
        self.judge = self.monitor.judges[1]
        self.now = self._refreshed = 0.0

    def given(self, *counts: int) -> list[Event]:
        """Add buckets with so many requests each; return the events about drops."""
        told = []
        for count in counts:
            self.watch.add(requests(self.now, count))
            self.now += 100
            told += self.watch.advance(self.now)
        return [event for event in told if "traffic_drop" in (getattr(event, "signal", ""), _signal(event))]

    def refresh(self) -> None:
        self._refreshed = max(self._refreshed, self.now) + 1
        self.monitor.refreshed(self._refreshed)


def _signal(event: Event) -> str:
    return event.alert.signal if isinstance(event, AlertRaised | AlertContinued | AlertDismissed) else ""


BEFORE: dict[State, tuple[int, ...]] = {
    State.LEARNING: (),
    State.NORMAL: (USUAL,),
    State.ALERT: (USUAL, LITTLE),
    State.DISMISSED: (USUAL, LITTLE, USUAL),
}
"""The buckets that lead to each state."""
CAUSES: dict[Trigger, Callable[[Site], object]] = {
    Trigger.LEARNED: lambda site: site.given(USUAL),
    Trigger.EMPTY: lambda site: site.given(0),
    Trigger.EXCEEDED: lambda site: site.given(LITTLE),
    Trigger.WITHIN: lambda site: site.given(USUAL),
    Trigger.REFRESHED: lambda site: site.refresh(),
    Trigger.RELEARN: lambda site: site.judge.relearn(site.now),
}


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize("state", State)
def test_each_pair_of_state_and_trigger(state: State, trigger: Trigger) -> None:
    site = Site()
    site.given(*BEFORE[state])
    assert site.judge.state is state
    follows = TRANSITIONS[state].get(trigger)
    if follows is None:
        with pytest.raises(IllegalTrigger):
            site.judge._enter(trigger)
        assert site.judge.state is state
        return
    CAUSES[trigger](site)
    if state is State.DISMISSED and trigger is Trigger.REFRESHED:  # shown once, then removed
        site.refresh()
    assert site.judge.state is follows


def test_learning_alert_continuation_and_dismissal() -> None:
    site = Site()
    events = site.given(USUAL, 80, 79, 10, 80)
    assert [(type(event), event.time) for event in events] == [
        (Learned, 100),
        (AlertRaised, 300),
        (AlertContinued, 400),
        (AlertDismissed, 500),
    ]
    (alert,) = site.monitor.history.alerts
    assert (alert.value, alert.peak, alert.baseline, alert.limit) == (0.79, 0.1, 2.0, 0.8)


def test_a_baseline_below_the_floor_is_not_judged() -> None:
    site = Site()
    assert [type(event) for event in site.given(99, 0, 0, 99)] == [Learned]
    assert site.judge.last is None


def test_a_baseline_at_the_floor_is_judged() -> None:
    assert [type(event) for event in Site().given(100, 39)] == [Learned, AlertRaised]


def test_a_slow_decline_in_the_evening_is_not_an_outage() -> None:
    site = Site(previous=5)
    evening = [round(2000 * 0.93**step) for step in range(100)]
    assert [type(event) for event in site.given(*evening)] == [Learned]
    assert site.judge.last is None  # too little traffic to be judged


def bursts(random: Random) -> int:
    """Return the requests of a bucket with about thirty visits of about ten requests each."""
    visits = sum(random.random() < 0.3 for _ in range(100))
    return sum(1 + int(random.expovariate(0.1)) for _ in range(visits))


@pytest.mark.parametrize("seed", range(2, 7))
def test_bursty_traffic_is_not_an_outage_but_silence_is(seed: int) -> None:
    random, site = Random(seed), Site(previous=15)
    assert [type(event) for event in site.given(*[bursts(random) for _ in range(1000)])] == [Learned]
    assert [type(event) for event in site.given(0)] == [AlertRaised]


def test_of_an_odd_number_of_buckets_the_middle_one_belongs_to_the_older_half() -> None:
    site = Site(previous=3)
    site.given(USUAL, 190, 180, 170)
    assert site.judge.baseline(WHOLE) == 1.8


def test_short_outages_with_normal_traffic_between_them_do_not_become_normal() -> None:
    site = Site(previous=2)
    site.given(1000, 300, 1000, 300)
    assert site.judge.baseline(WHOLE) == 10.0


def test_a_gradual_outage_raises_an_alert() -> None:
    """Clients learn one after the other that a name points elsewhere."""
    site = Site(previous=15)
    site.given(*[10 * USUAL] * 20)
    events = [type(event) for event in site.given(*[round(10 * USUAL * 0.82**step) for step in range(1, 9)])]
    assert events == [AlertRaised, *[AlertContinued] * 3]


def test_an_outage_lasts_even_when_all_previous_buckets_are_empty() -> None:
    site = Site(previous=5)
    site.given(*[USUAL] * 10)
    assert [type(event) for event in site.given(*[0] * 50)].count(AlertRaised) == 1
    assert site.judge.state is State.ALERT
    (dismissed,) = site.given(USUAL)
    assert isinstance(dismissed, AlertDismissed)


def test_a_permanent_drop_becomes_normal_after_a_while() -> None:
    site = Site(previous=5)
    site.given(*[5 * USUAL] * 10)
    events = [type(event) for event in site.given(*[USUAL] * 10)]
    assert events == [AlertRaised, *[AlertContinued] * 4, AlertDismissed]


def test_the_end_of_a_flood_is_not_an_outage() -> None:
    site = Site(previous=5)
    site.given(USUAL)
    assert site.given(*[10 * USUAL] * 3, *[USUAL] * 5) == []


def test_the_first_bucket_can_be_an_outage() -> None:
    site = Site(previous=5)
    assert [type(event) for event in site.given(USUAL, 0)] == [Learned, AlertRaised]


def test_time_may_jump_over_an_outage_of_a_year() -> None:
    site = Site(previous=5)
    site.given(*[USUAL] * 3)
    site.now += 365 * 86400
    events = [type(event) for event in site.watch.advance(site.now)]
    assert events[0] is AlertRaised
    assert len(events) < 10
    assert site.judge.state is State.ALERT

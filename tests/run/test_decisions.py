"""What the user decides about signals is done, told once, and kept when it changes."""

from collections.abc import Collection, Iterable
from math import inf

import pytest
from records import request

from alerting.events import (
    Accepted,
    Acknowledged,
    AlertDismissed,
    AlertRaised,
    BaselineChosen,
    Event,
    Muted,
    Relearning,
)
from alerting.habits import Chosen, Habits
from alerting.monitor import Monitor
from alerting.signals.request_rate import RequestRate
from alerting.signals.traffic_drop import TrafficDrop
from alerting.states import State
from alerting.terms import Terms
from run.decisions import Decisions
from run.earlier import Earlier
from store.store import Store
from store.sums import NOTHING, ClosedBucket, KeyedSums, StatisticSums, Sums
from store.watched import Watched
from traffic.batch import RecordBatch

DAY_AGO = 20.0 - 86400.0


class Desk:
    """A monitor that learned 10 requests in 10 s and alerts at 20, with the decisions about it."""

    def __init__(self) -> None:
        self.monitor = Monitor([RequestRate(10, 10), TrafficDrop(60, 1.5)], Terms(10, 10, 86400))
        self.monitor.start(0.0)
        for start, requests in ((0, 10), (10, 50)):
            self.monitor.add(RecordBatch(request(start + place / 60) for place in range(requests)))
            raised = self.monitor.advance(start + 10.0)
        assert [type(event) for event in raised] == [AlertRaised]
        self.told: list[Event] = []
        self.kept: list[Habits] = []
        self.asked: list[tuple[float, frozenset[str]]] = []
        self.earlier = Earlier(self.monitor, Store([], 10, 86400, 10), Watched())
        self.decisions = Decisions(self.monitor, lambda: 20.0, self.told.extend, self.earlier)

    def keep_habits(self, habits: Habits) -> None:
        self.kept.append(habits)

    def learned(self, now: float, wanted: Collection[str]) -> Iterable[ClosedBucket]:
        """Return an hour of a day ago for each statistic that is wanted, with 3,600 requests."""
        sums = KeyedSums.of_items([("key", Sums(3600))])
        self.asked.append((now, frozenset(wanted)))
        return [ClosedBucket(DAY_AGO, 3600.0, tuple(StatisticSums(name, sums, NOTHING) for name in sorted(wanted)))]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_that_all_signals_learn_again_is_told_once(desk: Desk) -> None:
    desk.decisions.relearn()
    assert [type(event) for event in desk.told] == [AlertDismissed, Relearning]
    assert desk.told[-1] == Relearning(20.0, "")


def test_an_alert_is_acknowledged_once(desk: Desk) -> None:
    desk.decisions.acknowledge("request_rate")
    desk.decisions.acknowledge("request_rate")
    desk.decisions.acknowledge("traffic_drop")
    assert [type(event) for event in desk.told] == [Acknowledged]


def test_the_present_is_accepted(desk: Desk) -> None:
    desk.decisions.accept("request_rate")
    assert [type(event) for event in desk.told] == [AlertDismissed, Accepted]
    assert desk.monitor.baseline == 50


def test_the_next_step_tells_of_a_muting(desk: Desk) -> None:
    desk.decisions.mute("request_rate", 60.0)
    assert desk.told == []
    assert desk.monitor.advance(20.0) == [Muted(20.0, "request_rate", 80.0)]


def test_decisions_are_kept_when_they_change(desk: Desk) -> None:
    desk.decisions.remember(desk, Habits(muted={"traffic_drop": inf}))
    desk.decisions.keep()
    assert desk.kept == []
    desk.decisions.mute("request_rate", inf)
    desk.decisions.keep()
    desk.decisions.keep()
    assert [habits.muted for habits in desk.kept] == [{"request_rate": inf, "traffic_drop": inf}]


def test_a_season_that_is_chosen_learns_from_what_was_kept(desk: Desk) -> None:
    desk.decisions.remember(desk, Habits())
    assert desk.decisions.choose_baseline("request_rate", "seasonal")
    assert [type(event) for event in desk.told] == [AlertDismissed, BaselineChosen]
    rate, drop = desk.monitor.judges
    assert desk.asked == [(20.0, frozenset(each.name for each in rate.rule.statistics))]
    desk.earlier.go_on()
    assert (rate.kind, rate.state, drop.kind) == ("seasonal", State.NORMAL, "fixed")
    assert desk.monitor.baseline == pytest.approx(10, rel=0.1)
    desk.decisions.keep()
    assert desk.kept == [Habits(baselines={"request_rate": Chosen("seasonal", "fixed")})]


def test_without_a_history_it_learns_from_now_on(desk: Desk) -> None:
    assert desk.decisions.choose_baseline("request_rate", "seasonal")
    desk.earlier.go_on()
    assert (desk.asked, desk.monitor.state) == ([], State.LEARNING)


def test_the_way_back_is_that_of_the_setting(desk: Desk) -> None:
    assert desk.decisions.choose_baseline("request_rate", "previous")
    assert desk.decisions.choose_baseline("request_rate", "setting")
    assert desk.monitor.judges[0].kind == "fixed"
    desk.told.clear()
    assert not desk.decisions.choose_baseline("request_rate", "setting")
    assert desk.told == []


def test_what_is_learned_from_earlier_runs_is_learned_before_a_choice(desk: Desk) -> None:
    """Otherwise, the signal would learn the rest of it twice."""
    desk.earlier.learn_from(desk.learned(20.0, frozenset(each.name for each in desk.monitor.statistics)))
    desk.decisions.choose_baseline("request_rate", "seasonal")
    desk.earlier.go_on()
    assert desk.monitor.state is State.LEARNING

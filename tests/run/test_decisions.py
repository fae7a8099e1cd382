"""What the user decides about signals is done, told once, and kept when it changes."""

from math import inf

import pytest
from records import request

from alerting.events import Accepted, Acknowledged, AlertDismissed, AlertRaised, Event, Muted, Relearning
from alerting.habits import Habits
from alerting.monitor import Monitor
from alerting.signals.request_rate import RequestRate
from alerting.signals.traffic_drop import TrafficDrop
from alerting.terms import Terms
from run.decisions import Decisions
from traffic.batch import RecordBatch


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
        self.decisions = Decisions(self.monitor, lambda: 20.0, self.told.extend)

    def keep_habits(self, habits: Habits) -> None:
        self.kept.append(habits)


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

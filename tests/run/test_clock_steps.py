"""A live run goes on when the clock is set, and takes no suspension for silence."""

from itertools import count
from typing import Any

import pytest
from decoders import decoder
from wire import Talk, get, ok

from alerting.events import AlertRaised, Event
from capture.intake import Intake
from capture.source import Counters
from capture.steady_time import SteadyTime
from exercise_config import Config
from run.session import Session
from stats.loading import load
from traffic.frames import Frames
from view.outlet import Outlet
from view.view import View

START, HOUR, BUCKET = 1_800_000_000.0, 3600.0, 10
CONFIG = Config(
    statistics=("request_rate",),
    signals=("request_rate", "traffic_drop"),
    average_bucket_size=2 * BUCKET,
    average_learning_duration=2 * BUCKET,
    traffic_drop_floor=0.1,
)


class Machine(Outlet):
    """A live source with a request in each second, its clocks, and the session that watches it."""

    name, live, warning, watches = "eth0", True, "", True

    def __init__(self) -> None:
        self.wall, self._monotonic = START, 0.0
        self._ports = count(1024)
        self.views: list[View] = []
        self.alerts: list[Event] = []
        source: Any = self
        steady = SteadyTime(lambda: self.wall, lambda: self._monotonic)
        self._intake = Intake(source, decoder(), steady_time=steady)
        self._session = Session(CONFIG, load(CONFIG.statistics), "eth0 port 80", [], [self])
        self._session.begin(START, self._intake.status())

    def runs(self, seconds: int) -> None:
        for _ in range(seconds):
            self.wall += 1
            self._monotonic += 1
            frames = self._intake.read()
            assert frames is not None
            self._intake.decode(frames)
            self._session.count(self._intake.take())
            if self._intake.clock() >= self._session.due:
                self._session.tick(self._intake.clock(), self._intake.status())

    def read(self) -> Frames:
        talk = Talk(time=self.wall - 0.5, client_port=next(self._ports))
        return Frames.of(talk.client(get()).server(ok()).close().frames)

    def clock(self) -> float:
        return self.wall

    def counters(self) -> Counters:
        return Counters(0, 0)

    def show(self, view: View, refreshed: bool) -> None:
        if refreshed:
            self.views.append(view)

    def event(self, event: Event) -> None:
        if isinstance(event, AlertRaised):
            self.alerts.append(event)


@pytest.mark.usefixtures("each_decoder")
def test_buckets_go_on_when_the_clock_is_set_back() -> None:
    machine = Machine()
    machine.runs(60)
    machine.wall -= HOUR
    machine.runs(60)
    times = [view.now - START for view in machine.views]
    assert times == [float(BUCKET * number) for number in range(1, 13)]
    assert machine.views[-1].requests == 120
    assert machine.views[-1].health.warnings == ("the clock was set back by 3,600 s; times go on, 3,600 s ahead of it",)
    assert machine.alerts == []


@pytest.mark.parametrize("seconds", [60.0, HOUR, 30 * 24 * HOUR], ids=["minute", "hour", "month"])
def test_a_suspended_machine_is_not_silent(seconds: float) -> None:
    machine = Machine()
    machine.runs(60)
    machine.wall += seconds
    machine.runs(60)
    assert machine.alerts == []
    last = machine.views[-1]
    assert last.now == START + 120 + seconds
    assert last.state == "NORMAL"
    assert last.enforcing is not None
    assert last.enforcing.baseline == 2 * BUCKET
    (warning,) = last.health.warnings
    assert warning.startswith(f"nothing was watched for {seconds:,.0f} s, until ")
    assert last.request_rate is not None
    assert None in last.request_rate, "a time that nobody watched"
    assert 0.0 not in last.request_rate
    assert last.history_since is None


def test_the_rate_has_a_gap_where_the_machine_slept() -> None:
    machine = Machine()
    machine.runs(60)
    machine.wall += 60
    machine.runs(60)
    rates = machine.views[-1].request_rate
    assert rates is not None
    assert rates[-12:-6] == (None,) * 6


def test_learning_starts_again_after_a_suspension() -> None:
    machine = Machine()
    machine.runs(15)
    machine.wall += HOUR
    machine.runs(10)
    assert machine.views[-1].state == "LEARNING"
    machine.runs(30)
    last = machine.views[-1]
    assert last.enforcing is not None
    assert last.enforcing.baseline == pytest.approx(2 * BUCKET, abs=2)
    assert machine.alerts == []

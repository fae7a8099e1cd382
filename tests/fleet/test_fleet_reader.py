"""The thread that reads a store of many sensors: nobody waits for it."""

import threading
import time

import pytest
from fleet_double import FleetDouble, SensorDouble

from fleet.reader import Arrived, Clock, FleetReader, HealthOf, States
from history.record import StoreError
from stats.loading import load
from store.filtering.sensors import parse_sensors

STATISTICS = load(["request_rate"])
PATIENCE = 20.0


class SlowStore(FleetDouble):
    """A store that answers only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = threading.Event()
        self.closed = False

    def _call(self) -> None:
        self.may_answer.wait(PATIENCE)
        super()._call()

    def close(self) -> None:
        self.closed = True


def wait_for(holds: object) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_store_that_does_not_answer_delays_nobody_and_is_named() -> None:
    store, steady = SlowStore(), [100.0]
    reader = FleetReader(lambda: store, 86400, 0.01, 10, Clock(time.time, lambda: steady[0]))
    reader.start()
    wait_for(lambda: reader._asked_at is not None)
    assert reader.news() == []
    assert reader.warning == ""
    steady[0] += 12
    assert reader.warning == "the store has not answered for 12 s; what is shown may be old"
    begun = time.monotonic()
    reader.close(0.05)
    assert time.monotonic() - begun < PATIENCE / 2
    assert not store.closed  # the thread still uses it
    store.may_answer.set()


def test_it_goes_on_by_itself_after_errors_and_ends_when_told() -> None:
    store = SlowStore()
    store.may_answer.set()
    store.fails = StoreError("db.example.com: connection refused")
    reader = FleetReader(lambda: store, 86400, 0.001, 10, Clock())
    followed = reader.follow(parse_sensors(""))
    reader.start()
    wait_for(lambda: reader.warning)
    assert reader.warning == ("cannot read the store: db.example.com: connection refused; what is shown may be old")
    store.fails = None
    wait_for(lambda: not reader.warning)
    now = time.time()
    store.send([SensorDouble("web-1", STATISTICS).record(now)])
    assert not followed.left
    reader.close(PATIENCE)
    assert store.closed


def test_a_defect_is_shown_and_does_not_end_the_thread() -> None:
    store = FleetDouble()
    reader = FleetReader(lambda: store, 86400, 2, 10, Clock())
    store.sensors = lambda: 1 // 0  # type: ignore[method-assign,assignment,return-value]
    reader.read_once()
    assert reader.warning.startswith("reading the store failed: ZeroDivisionError")
    del store.sensors
    reader.read_once()
    assert reader.warning == ""


def test_sensors_that_nobody_heard_within_the_retention_are_forgotten() -> None:
    now = 1_800_000_000.0
    store = FleetDouble()
    store.send([SensorDouble("old", STATISTICS).record(now - 90_000), SensorDouble("new", STATISTICS).record(now)])
    reader = FleetReader(lambda: store, 86400, 2, 10, Clock(lambda: now, lambda: now))
    reader.read_once()
    states = next(news for news in reader.news() if isinstance(news, States))
    assert [state.name for state in states.states] == ["new"]


def test_what_nobody_takes_is_not_read_without_end() -> None:
    now = [1_800_000_000.0]
    store = FleetDouble([SensorDouble("web-1", STATISTICS).record(now[0])])
    reader = FleetReader(lambda: store, 86400, 2, 10, Clock(lambda: now[0], lambda: now[0]))
    for _ in range(500):
        now[0] += 2
        reader.read_once()
    assert len(reader.news()) <= 202
    reader.read_once()
    assert any(isinstance(news, States) for news in reader.news())


@pytest.mark.parametrize("wanted", [True, False])
def test_alerts_of_sensors_are_read_only_if_they_are_wanted(wanted: bool) -> None:
    reader = FleetReader(FleetDouble, 86400, 2, 10, Clock(lambda: 1.0, lambda: 1.0))
    reader.alerts_wanted = wanted
    reader.follow(parse_sensors(""))
    reader.read_once()
    kinds = {type(news).__name__ for news in reader.news()}
    assert kinds == {States.__name__, HealthOf.__name__} | ({"Raised"} if wanted else set())
    assert Arrived.__name__ not in kinds

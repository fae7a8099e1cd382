"""A monitor that takes the closed buckets of others judges as one that counted their records."""

from collections.abc import Sequence
from typing import Any

import pytest
from alerting_records import requests
from records import ended, request

from alerting.events import AlertRaised, Event, Learned
from alerting.monitor import Monitor
from alerting.signals.request_rate import RequestRate
from alerting.terms import Terms
from exercise_config import Config
from run.signals import rules, terms
from store.store import Store
from store.sums import ClosedBucket
from traffic.batch import RecordBatch
from view.explanation import explanation

CONFIG = Config(average_bucket_size=60, average_learning_duration=120)
START = 10_000.0
END = 600


def visits() -> list[Any]:
    """Ten minutes; from the fifth on, a client floods one section, and half of the answers are errors."""
    found: list[Any] = []
    for tenth in range(END * 2):
        time = START + tenth / 2
        flood = tenth > END
        for number in range(3 if flood else 1):
            asked = request(
                time + number / 10, client=f"10.0.0.{tenth % 7}" if not number else "10.9.9.9", target="/a/b"
            )
            found += [asked, ended(asked, 500 if flood and tenth % 2 else 200, 0.02)]
    return found


def monitor() -> Monitor:
    watch = Monitor(rules(CONFIG), terms(CONFIG), explanation)
    watch.start(START)
    return watch


def parts_of(records: Sequence[Any]) -> list[ClosedBucket]:
    """Return what a sensor's store hands out of its `signals.*` statistics."""
    statistics = dict.fromkeys(each for rule in rules(CONFIG) for each in rule.statistics)
    store, parts = Store(tuple(statistics), 10, 86400, 1000), list[ClosedBucket]()
    store.on_close(parts.append)
    store.add(RecordBatch(records))
    store.advance(START + END + 10)
    return parts


def judged(watch: Monitor, times: Sequence[float]) -> list[Event]:
    return [event for time in times for event in watch.advance(time)]


def counted() -> list[Event]:
    watch = monitor()
    watch.add(RecordBatch(visits()))
    return judged(watch, [START + END])


def test_the_same_alerts_with_the_same_contributors_are_raised() -> None:
    watch, events = monitor(), list[Event]()
    for part in parts_of(visits()):
        watch.take(part)
        events += watch.advance(part.start + 15)
    events += watch.advance(START + END)
    assert events == counted()
    assert {event.alert.signal for event in events if isinstance(event, AlertRaised)} >= {"request_rate"}


def test_the_buckets_of_several_sensors_are_judged_together() -> None:
    found, watch = visits(), monitor()
    pairs = [found[place : place + 2] for place in range(0, len(found), 2)]
    for sensor in range(3):
        for part in parts_of([record for pair in pairs[sensor::3] for record in pair]):
            watch.take(part)
    assert judged(watch, [START + END]) == counted()


def small() -> Monitor:
    """Return a monitor at 100 that has learned 100 requests in 100 s."""
    watch = Monitor([RequestRate(10, 100)], Terms(bucket_size=100, learning_duration=100, retention=86400))
    watch.start(0)
    for part in rate_parts(50, 100):
        watch.take(part)
    assert [type(event) for event in watch.advance(100)] == [Learned]
    return watch


def rate_parts(time: float, count: int) -> list[ClosedBucket]:
    store, parts = Store(RequestRate(10, 100).statistics, 10, 86400, 1000), list[ClosedBucket]()
    store.on_close(parts.append)
    store.add(RecordBatch(requests(time, count)))
    store.advance(time + 10)
    return parts


def test_what_is_late_but_in_time_for_its_window_is_judged_in_it() -> None:
    watch = small()
    watch.advance(190)
    for part in rate_parts(110, 200):
        watch.take(part)
    assert [type(event) for event in watch.advance(200)] == [AlertRaised]


@pytest.mark.parametrize("time", [10, 110, 190])
def test_a_backlog_of_windows_that_were_judged_is_no_flood_now(time: float) -> None:
    watch = small()
    watch.advance(210)
    for part in rate_parts(time, 200):
        watch.take(part)
    assert watch.advance(300) == []
    assert watch.count == 0


def test_the_open_buckets_count_at_once() -> None:
    watch = small()
    for part in rate_parts(110, 7):
        watch.take(part)
    assert watch.count == 7

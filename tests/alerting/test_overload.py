"""While too much of the traffic is dropped, what is missing means nothing: it is neither learned nor alerted on."""

import pytest
from alerting_records import Watch, requests

from alerting.events import AlertRaised, Event
from alerting.overload import Overload, Taken, dropped_share
from alerting.rule import WHOLE, Rule
from alerting.signals.request_rate import RequestRate
from alerting.signals.traffic_drop import TrafficDrop
from alerting.states import State
from alerting.terms import Terms

USUAL, LITTLE, MUCH = 200, 20, 400
"""Requests in a bucket of 100 s: below 80 it is a drop, above 220 high traffic."""


class Site:
    """Traffic by the bucket, of which a percentage of the packets is dropped."""

    def __init__(self) -> None:
        rules: list[Rule] = [RequestRate(10, 100), TrafficDrop(60, 1)]
        self.watch = Watch(rules, Terms(100, 100, 86400, baselines={"traffic_drop": "previous"}, previous_buckets=1))
        self.monitor = self.watch.monitor
        self.rate, self.drop = self.monitor.judges
        self.now, self._taken, self._dropped = 0.0, 0, 0
        self._note()

    def given(self, count: int, dropped: int = 0) -> list[Event]:
        """Add a bucket with so many requests, after `dropped` percent of the packets were dropped."""
        self.watch.add(requests(self.now, count))
        self.now += 100
        self._taken += 100 - dropped
        self._dropped += dropped
        self._note()
        return self.watch.advance(self.now)

    def _note(self) -> None:
        self.monitor.note_taken(self.now, self.now, (Taken(self._taken, self._dropped), Taken(0, 0)))


def test_nothing_is_learned_while_overloaded() -> None:
    site = Site()
    assert site.given(LITTLE, dropped=50) == []
    assert (site.rate.state, site.drop.state) == (State.LEARNING, State.LEARNING)
    site.given(USUAL)
    assert (site.rate.state, site.rate.baseline(WHOLE)) == (State.NORMAL, USUAL)


def test_learning_anew_starts_with_what_is_dropped_from_then_on() -> None:
    site = Site()
    site.given(USUAL, dropped=50)
    site.monitor.relearn(site.now)
    site.given(USUAL)
    assert site.rate.baseline(WHOLE) == USUAL


def test_missing_traffic_does_not_alert_while_overloaded() -> None:
    site = Site()
    site.given(USUAL)
    assert site.given(LITTLE, dropped=50) == []
    assert site.drop.state is State.NORMAL
    (raised,) = site.given(LITTLE)
    assert isinstance(raised, AlertRaised)
    assert raised.alert.signal == "traffic_drop"
    assert raised.alert.dropped_share == 0


def test_previous_buckets_that_were_overloaded_are_not_compared_with() -> None:
    site = Site()
    site.given(USUAL)
    site.given(USUAL // 2, dropped=50)
    assert site.drop.baseline(WHOLE) == USUAL / 100


def test_more_than_the_limit_alerts_even_so_and_says_that_figures_are_too_low() -> None:
    site = Site()
    site.given(USUAL)
    (raised,) = site.given(MUCH, dropped=50)
    assert isinstance(raised, AlertRaised)
    assert (raised.alert.value, raised.alert.dropped_share) == (MUCH, 0.5)


def test_no_alert_ends_while_overloaded() -> None:
    site = Site()
    site.given(USUAL)
    site.given(MUCH)
    assert site.given(LITTLE, dropped=50) == []
    assert [alert.end for alert in site.monitor.history.alerts] == [None]
    site.given(USUAL)
    assert [alert.end for alert in site.monitor.history.alerts] == [400]


@pytest.mark.parametrize(("dropped", "state"), [(5, State.NORMAL), (6, State.LEARNING)])
def test_only_a_larger_share_than_the_setting_is_an_overload(dropped: int, state: State) -> None:
    site = Site()
    site.given(USUAL, dropped)
    assert site.monitor.state is state
    assert bool(site.monitor.dropped_share) is (state is State.LEARNING)


def test_the_recent_share_forgets_what_is_older_than_its_span() -> None:
    overload = Overload(10)
    shares = []
    for time, taken, dropped in ((0, 0, 0), (4, 50, 50), (8, 150, 50), (12, 250, 50), (16, 350, 50)):
        overload.note(time, time, (Taken(taken, dropped),))
        shares.append(round(overload.recent, 3))
    assert shares == [0, 0.5, 0.25, 0.167, 0]


def test_what_was_dropped_before_the_first_reading_does_not_count() -> None:
    overload = Overload(10)
    overload.note(0, 0, (Taken(100, 900),))
    overload.note(2, 2, (Taken(200, 900),))
    assert (overload.recent, overload.in_window) == (0, 0)


def test_what_was_dropped_is_missing_from_the_packets_after_a_program_that_is_behind() -> None:
    overload = Overload(10)
    overload.note(20, 20, (Taken(100, 0),))
    overload.note(22, 60, (Taken(150, 50),))  # stopped for 40 s, with packets of 2 s in the ring
    overload.open_window(30)
    overload.note(60, 60, (Taken(150, 50),))
    assert (overload.recent, overload.in_window) == (0.5, 0.5)
    overload.open_window(60)
    overload.note(72, 72, (Taken(250, 50),))
    assert (overload.recent, overload.in_window) == (0, 0)


def test_records_count_like_packets() -> None:
    assert dropped_share((Taken(0, 0), Taken(0, 0)), (Taken(90, 10), Taken(75, 25))) == 0.25

"""How long a small site may be silent."""

import copy
from math import exp
from random import Random

import pytest
from seasons import DAY, HOUR, WEEK, WINDOW, Driven

from alerting.scale import Sum
from alerting.signals.traffic_drop import TrafficDrop
from alerting.silence import Silence

RATE = 0.03
"""Requests per second of a site with 36 visits an hour, of three requests each."""


def visits(random: Random, seconds: float = WINDOW, rate: float = RATE) -> int:
    """Return the requests of a window: visits come by chance, and have some requests each."""
    count, due = 0, random.expovariate(rate / 3)
    while due < seconds:
        count += 1 + min(int(random.expovariate(0.4)), 20)
        due += random.expovariate(rate / 3)
    return count


@pytest.fixture(scope="module")
def quiet_site() -> Driven:
    """Return a site after two weeks, in which its silences were usual."""
    driven = Driven(TrafficDrop(80, 1.5), per=WINDOW)
    found = [driven.given(count / WINDOW, count) for count in (visits(driven.random) for _ in range(2 * 5040))]
    assert sum(map(bool, found)) <= 2
    return driven


def outage(driven: Driven) -> float:
    """Return the minutes until an outage is found."""
    start = driven.now
    while not driven.given(0.0, 0):
        assert driven.now < start + 3 * HOUR
    return (driven.now - start) / 60


def test_a_silence_half_as_long_again_as_any_before_is_an_outage(quiet_site: Driven) -> None:
    minutes = outage(quiet_site)
    assert 10 <= minutes <= 30
    (silent,) = quiet_site.given(0.0, 0)
    assert silent.seconds >= 60 * minutes
    after = [bool(quiet_site.given(4 / WINDOW, 4)) for _ in range(40)]
    assert not any(after[20:])


def test_a_time_without_watching_is_no_silence(quiet_site: Driven) -> None:
    quiet_site.waits(DAY)
    assert not quiet_site.given(0.0, 0)


def test_a_series_tells_its_silence_how_events_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    clusters: list[float] = []
    monkeypatch.setattr(Silence, "enter", lambda self, *window: clusters.append(window[-1]))
    driven = Driven(TrafficDrop(80, 1.5), per=WINDOW)
    for _ in range(5 * 720):
        count = visits(driven.random)
        driven.given(count / WINDOW, count)
    assert clusters[0] == 1
    assert 2 < clusters[-1] < 8


def test_a_series_tells_its_silence_of_a_quiet_day(quiet_site: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    offsets: list[float] = []
    monkeypatch.setattr(Silence, "enter", lambda self, *window: offsets.append(window[1]))
    driven = copy.deepcopy(quiet_site)
    for _ in range(60):
        count = visits(driven.random, rate=RATE / 2)
        driven.given(count / WINDOW, count)
    assert -0.7 < offsets[-1] < -0.15


def lived(silences: list[float], hours: int = 100) -> Silence:
    """Return the silence after others, in expected events, each ended by a window with something in it."""
    found = Silence()
    for expected in silences:
        found.enter(Sum(0, expected, WINDOW), 0.0, WINDOW, hours, 1.0)
        found.enter(Sum(1, 1, WINDOW), 0.0, WINDOW, hours, 1.0)
    return found


@pytest.mark.parametrize(
    ("before", "now", "alerts"),
    [([], 9, False), ([], 11, True), ([20], 29, False), ([20], 31, True), ([20, 40], 59, False), ([2, 3], 11, True)],
)
def test_what_was_usual_is_judged_generously(before: list[float], now: float, alerts: bool) -> None:
    """Less than ten expected events say nothing."""
    found = lived(before)
    found.enter(Sum(0, now, WINDOW), 0.0, WINDOW, 168, 1.0)
    assert (found.severity > 1) == alerts


@pytest.mark.parametrize(("expected", "alerts"), [(50, False), (110, False), (111, True)])
def test_where_many_requests_come_together_more_must_be_missing(expected: float, alerts: bool) -> None:
    """Visits of nine requests, some 17 of which vary together: fifty expected are hardly six visits."""
    found = lived([])
    found.enter(Sum(0, expected, WINDOW), 0.0, WINDOW, 168, 17.0)
    assert (found.severity > 1) == alerts


@pytest.mark.parametrize(("offset", "factor"), [(-0.5, exp(-0.5)), (0.5, 1.0)])
def test_on_a_quiet_day_less_is_expected(offset: float, factor: float) -> None:
    """The day counts up to the last event: the silence itself is no quiet day."""
    found = Silence()
    found.enter(Sum(1, 1, WINDOW), offset, WINDOW, 168, 1.0)
    for below in (-1.0, -2.0):
        found.enter(Sum(0, 5, WINDOW), below, WINDOW, 168, 1.0)
    assert found.expected == pytest.approx(10 * factor)


def test_a_silence_that_alerted_counts_up_to_the_limit() -> None:
    found, severities = lived([20]), []
    for _ in range(3):
        found.enter(Sum(0, 60, WINDOW), 0.0, WINDOW, 168, 1.0)
        severities.append(found.severity)
        found.enter(Sum(1, 1, WINDOW), 0.0, WINDOW, 168, 1.0)
    assert severities == pytest.approx([2, 1.33, 0.89], abs=0.01)


def test_nothing_is_learned_while_nobody_knows_what_to_expect() -> None:
    found = lived([5, 60], hours=50)
    found.enter(Sum(0, 11, WINDOW), 0.0, WINDOW, 167, 1.0)
    assert found.severity == 0
    found.enter(Sum(0, 0, WINDOW), 0.0, WINDOW, 168, 1.0)
    assert found.severity > 1


def test_the_longest_silence_fades_within_weeks() -> None:
    found = lived([20])
    for _ in range(int(2 * WEEK / WINDOW)):
        found.enter(Sum(1, 1, WINDOW), 0.0, WINDOW, 168, 1.0)
    found.enter(Sum(0, 13, WINDOW), 0.0, WINDOW, 168, 1.0)
    assert found.severity > 1


def test_a_silence_goes_on_until_something_is_seen() -> None:
    found = Silence()
    for _ in range(4):
        found.enter(Sum(0, 3, WINDOW), 0.0, WINDOW, 168, 1.0)
    assert (found.expected, found.seconds, found.windows) == (12, 4 * WINDOW, 4)
    found.forget()
    assert found.severity == 0

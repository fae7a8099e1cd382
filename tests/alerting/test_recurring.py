"""What recurs at the same time of day, within an hour."""

from math import exp

import pytest
from seasons import DAY, HOUR, MONDAY, WEEK, Driven, daily

from alerting.calendar import STEPS_OF_DAY
from alerting.recurring import Recurring
from alerting.signals.request_rate import RequestRate
from alerting.signals.traffic_drop import TrafficDrop

NOISE = 0.1


def learned(*deviations: float) -> Recurring:
    """Return what was learned from these deviations of one step on days in a row."""
    found = Recurring()
    for each in deviations:
        found.learn(7, each - found.at(7), NOISE)
    return found


def test_small_deviations_are_learned_slowly() -> None:
    once, often = learned(0.3), learned(*(60 * [0.3]))
    assert once.at(7) == pytest.approx(0.03)
    assert often.at(7) == pytest.approx(0.3, abs=0.05)
    assert often.at(8) == 0


def test_what_is_strange_once_counts_for_little() -> None:
    assert learned(3.0).at(7) < 0.2
    assert abs(learned(3.0, -3.0, 3.0).at(7)) < 0.2
    assert learned(3.0, 0.0, 3.0, 0.0, 3.0).at(7) < 0.4
    assert learned(3.0, 3.0, 0.0, 0.0, 3.0).at(7) < 0.4  # two weekends


def test_what_is_strange_four_days_in_a_row_recurs() -> None:
    assert learned(3.0, 3.0, 3.0, 3.0).at(7) == pytest.approx(3.0, abs=0.3)
    assert learned(3.0, 2.0, 8.0, 3.0).at(7) == pytest.approx(2.0, abs=0.3)


def test_what_recurs_may_come_a_step_early_or_late() -> None:
    found = learned(3.0, 2.5, 3.0, 3.0)
    usual = found.at(7)
    assert found.nearer(6, 5.0) == pytest.approx(usual)
    assert found.nearer(8, 1.0) == 1.0
    assert found.nearer(8, -1.0) == 0
    assert found.nearer(7, -5.0) == pytest.approx(-usual)
    assert found.nearer(20, 1.0) == 0
    assert Recurring().nearer(STEPS_OF_DAY - 1, 1.0) == 0


def test_the_steps_of_an_hour_have_its_mean() -> None:
    found = Recurring()
    for _ in range(5):
        found.learn(13, 1.0, NOISE)
        found.learn(20, -2.0, NOISE)
    found.learn(24, 0.5, NOISE)
    found.balance(13)
    assert sum(exp(found.at(step)) for step in range(12, 24)) == pytest.approx(12)
    assert found.at(13) > 0.5
    assert found.at(24) > 0


def nightly(time: float) -> float:
    """Return the traffic of a small site with a job from 3:00 to 3:24 that asks for far more than all visitors."""
    return daily(time, 100) * (25 if 3 <= (time - MONDAY) / HOUR % 24 < 3.4 else 1)


def test_a_nightly_job_is_usual_after_weeks_and_so_is_its_end() -> None:
    for driven in (Driven(RequestRate(10, 120)), Driven(TrafficDrop(60, 0.1), per=120)):
        driven.lives(2 * WEEK, nightly)
        nights = {int((time - MONDAY) // DAY) for time, _ in driven.lives(WEEK, nightly)}
        assert len(nights) <= 1


def test_the_job_at_another_time_alerts() -> None:
    driven = Driven(RequestRate(10, 120))
    driven.lives(WEEK, nightly)
    driven.lives(4.5 * HOUR, nightly)
    assert driven.given(140)


def test_an_incident_that_lasts_does_not_recur() -> None:
    """Two days of twice the traffic: the second one alerts as the first did."""
    driven = Driven(RequestRate(10, 120))
    driven.lives(2 * WEEK)
    first = driven.lives(DAY, lambda time: 2 * daily(time))
    second = driven.lives(0.9 * DAY, lambda time: 2 * daily(time))
    assert len(second) > len(first) / 2

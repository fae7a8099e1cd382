"""When a signal is offered a season: its baseline was learned once, and does not fit the day."""

from typing import get_args

import pytest
from alerting_records import Watch, requests

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertContinued, AlertRaised, Flapping
from alerting.offer import reason
from alerting.signals.request_rate import RequestRate
from alerting.terms import BaselineKind, Terms

ALERT = Alert("request_rate", 0.0, None, 30, 30, 10, 10, 11, SignalUnit.HITS)
FLAPS = "changed state 7 times in an hour"


def test_flapping_and_hours_of_one_alert_are_reasons() -> None:
    assert reason([AlertRaised(0.0, ALERT), Flapping(3600.0, "request_rate", 7, ALERT)]) == FLAPS
    assert reason([AlertContinued(3 * 3600, ALERT)]) == "has alerted for 3 hours"
    assert reason([AlertContinued(3 * 3600 - 120, ALERT)]) == ""


def flaps(kind: BaselineKind) -> Watch:
    """Return a monitor whose request rate changed its state in each of eight buckets."""
    terms = Terms(100, 100, 86400, baselines={"request_rate": kind})
    watch = Watch([RequestRate(10, 100)], terms)
    for number in range(9):
        watch.add(requests(100 * number, 1000 if number % 2 else 100))
        watch.advance(100 * (number + 1))
    return watch


@pytest.mark.parametrize("kind", get_args(BaselineKind))
def test_only_a_baseline_that_was_learned_once_is_offered_another(kind: BaselineKind) -> None:
    (judge,) = flaps(kind).monitor.judges
    assert judge.offer == (FLAPS if kind == "fixed" else "")


def test_the_offer_is_over_once_it_is_taken() -> None:
    watch = flaps("fixed")
    watch.monitor.choose_baseline("request_rate", "seasonal", 900)
    assert watch.monitor.judges[0].offer == ""

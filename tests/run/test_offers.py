"""What is offered to the user whose baseline does not fit the day."""

import pytest

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertContinued, Flapping
from run.offers import Offers

ALERT = Alert("request_rate", 0.0, None, 30, 30, 10, 10, 11, SignalUnit.HITS)
FLAPPING = Flapping(3600.0, "request_rate", 7, ALERT)
FOLLOWS = "; --set request_rate_baseline=seasonal follows the time of day"


def test_a_signal_that_flaps_is_offered_a_season_once() -> None:
    offers = Offers({"request_rate": "fixed"})
    offers.event(FLAPPING)
    offers.event(Flapping(9000.0, "request_rate", 8, ALERT))
    assert offers.warnings == (f"request rate changed state 7 times in an hour{FOLLOWS}",)


def test_so_is_one_that_alerts_for_hours() -> None:
    offers = Offers({"request_rate": "fixed"})
    offers.event(AlertContinued(3 * 3600 - 120, ALERT))
    assert not offers.warnings
    offers.event(AlertContinued(3 * 3600, ALERT))
    assert offers.warnings == (f"request rate has alerted for 3 hours{FOLLOWS}",)


@pytest.mark.parametrize("kind", ["previous", "seasonal"])
def test_a_baseline_that_follows_the_day_needs_no_offer(kind: str) -> None:
    offers = Offers({"request_rate": kind})
    offers.event(FLAPPING)
    assert offers.warnings == ()

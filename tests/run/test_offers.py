"""What is offered to the user whose baseline does not fit the day."""

import pytest

from run.offers import Way, offers

REASON = {"request_rate": "changed state 7 times in an hour"}


@pytest.mark.parametrize(
    ("way", "taken"),
    [
        (Way.KEY, "B"),
        (Way.COMMAND, "exercise.py signals baseline request_rate seasonal"),
        (Way.SETTING, "--set request_rate_baseline=seasonal"),
    ],
)
def test_an_offer_says_why_and_how_it_is_taken(way: Way, taken: str) -> None:
    assert offers(REASON, way) == (f"request rate changed state 7 times in an hour; {taken} follows the time of day",)
    assert offers({}, way) == ()

"""The badge is the worst state of all signals, with the names of those that make it so."""

from dataclasses import replace

import pytest
from view_samples import CALM

from alerting.alert import SignalUnit
from view.badge import badge, badge_text
from view.view import SignalView, View


def signal(title: str, state: str) -> SignalView:
    name = title.lower().replace(" ", "_")
    return SignalView(name, title, SignalUnit.REQUESTS, state, 5, 2, 1, 60, 1, silent=False)


def view(state: str, *titles: str) -> View:
    return replace(CALM, state=state, signals=(signal("Calm", "NORMAL"), *(signal(title, state) for title in titles)))


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (view("NORMAL"), "ENFORCING"),
        (view("LEARNING", "Request rate"), "LEARNING"),
        (view("ALERT", "Traffic drop"), "ALERT Traffic drop"),
        (view("DISMISSED", "Traffic drop", "Response time"), "DISMISSED Traffic drop, Response time"),
        (view("ALERT", "a", "b", "c", "d"), "ALERT a, b and 2 more"),
    ],
)
def test_state_and_signals(shown: View, text: str) -> None:
    assert str(badge(shown)) == badge_text(shown) == text


def test_after_the_end_of_a_file_only_the_state_of_single_signals_is_left() -> None:
    assert badge_text(replace(view("NORMAL"), ended=True)) == "ENDED"
    assert badge_text(replace(view("LEARNING", "Request rate"), ended=True)) == "ENDED"
    assert badge_text(replace(view("ALERT", "Traffic drop"), ended=True)) == "ENDED ALERT Traffic drop"

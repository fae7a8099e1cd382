"""The badge is the worst state of all signals, with the names of those that make it so."""

from dataclasses import replace

import pytest
from view_samples import CALM, LEARNING

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
    assert badge(shown).named == badge_text(shown) == text


def muted(title: str, state: str = "ALERT") -> SignalView:
    return replace(signal(title, state), muted=True)


@pytest.mark.parametrize(
    ("state", "others", "text"),
    [
        ("ALERT", (signal("Calm", "NORMAL"),), "ENFORCING (muted alert: Loud)"),
        ("ALERT", (signal("a", "ALERT"),), "ALERT a (muted alert: Loud)"),
        ("ALERT", (signal("a", "DISMISSED"),), "DISMISSED a (muted alert: Loud)"),
        ("ALERT", (muted("a", "DISMISSED"),), "ENFORCING (muted alert: Loud)"),
        ("ALERT", (muted("a"), muted("b")), "ENFORCING (muted alert: Loud, a and 1 more)"),
    ],
)
def test_a_muted_signal_does_not_count_but_its_alert_is_named(
    state: str, others: tuple[SignalView, ...], text: str
) -> None:
    shown = replace(CALM, state=state, signals=(muted("Loud"), *others))
    assert badge_text(shown) == text
    assert badge_text(replace(shown, ended=True)) == f"ENDED {text.replace('ENFORCING ', '')}"


def test_while_the_request_rate_is_learned_a_muted_alert_changes_nothing() -> None:
    shown = replace(CALM, state="ALERT", learning=LEARNING, signals=(signal("Rate", "LEARNING"), muted("Loud")))
    assert badge_text(shown) == "LEARNING (muted alert: Loud)"


def test_a_muted_dismissal_is_not_told() -> None:
    assert badge_text(replace(CALM, state="DISMISSED", signals=(muted("Loud", "DISMISSED"),))) == "ENFORCING"


def test_after_the_end_of_a_file_only_the_state_of_single_signals_is_left() -> None:
    assert badge_text(replace(view("NORMAL"), ended=True)) == "ENDED"
    assert badge_text(replace(view("LEARNING", "Request rate"), ended=True)) == "ENDED"
    assert badge_text(replace(view("ALERT", "Traffic drop"), ended=True)) == "ENDED ALERT Traffic drop"

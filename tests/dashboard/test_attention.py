"""The bell and the title of the terminal, for alerts that are raised and dismissed."""

from dataclasses import replace
from math import inf

from alerting.alert import Alert, SignalUnit
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Flapping, Learned, Muted
from dashboard.attention import BELL, RESTORE_TITLE, SAVE_TITLE, Attention

ALERT = Alert("request_rate", 100.0, None, 20, 20, 10, 10, 11, SignalUnit.HITS)
OVER = replace(ALERT, end=200.0)
SLOW = replace(ALERT, signal="response_time")
PLAIN = "\x1b]2;HTTP monitor eth0\a"


def written(*events: object, bell: bool = False, title: bool = False, name: str = "eth0") -> list[str]:
    told: list[str] = []
    attention = Attention(name, bell, title)
    attention.start(told.append)
    for event in events:
        attention.event(event)  # type: ignore[arg-type]
    attention.stop(told.append)
    return told


def test_nothing_is_written_unless_it_is_wanted() -> None:
    assert written(AlertRaised(100, ALERT), AlertDismissed(200, OVER)) == []


def test_the_bell_rings_once_for_each_alert() -> None:
    events = (Learned(50, 10), AlertRaised(100, ALERT), AlertContinued(150, ALERT), AlertDismissed(200, OVER))
    assert written(*events, bell=True) == [BELL]


def test_the_title_names_the_active_alerts_and_is_restored() -> None:
    events = (AlertRaised(100, ALERT), AlertRaised(100, SLOW), AlertDismissed(200, OVER), Flapping(300, "", 9, SLOW))
    assert written(*events, title=True) == [
        SAVE_TITLE + PLAIN,
        "\x1b]2;ALERT request rate - HTTP monitor eth0\a",
        "\x1b]2;ALERT request rate, response time - HTTP monitor eth0\a",
        "\x1b]2;ALERT response time - HTTP monitor eth0\a",
        PLAIN,
        RESTORE_TITLE,
    ]


def test_alerts_of_a_muted_signal_draw_no_attention() -> None:
    muted = replace(ALERT, muted=True)
    assert written(AlertRaised(100, muted), bell=True, title=True) == [SAVE_TITLE + PLAIN, RESTORE_TITLE]


def test_a_name_cannot_control_the_terminal() -> None:
    (title, _) = written(title=True, name="a\a\x1b]2;b\u202ec")
    assert title.count("\x1b") == 2, "that of saving the title, and that of setting it"
    assert title.count("\a") == 1
    assert title.isascii()


def test_a_muted_signal_is_in_the_title_only_once_it_is_unmuted() -> None:
    muted, unmuted = Muted(110, "request_rate", inf), Muted(120, "request_rate", 120)
    alert = "\x1b]2;ALERT request rate - HTTP monitor eth0\a"
    start, end = SAVE_TITLE + PLAIN, RESTORE_TITLE
    assert written(AlertRaised(100, ALERT), muted, unmuted, title=True) == [start, alert, PLAIN, alert, end]
    quiet = replace(ALERT, muted=True)
    assert written(AlertRaised(100, quiet), unmuted, title=True) == [start, alert, end]

"""What the user may tell the monitor: learn again, an alert was seen, a signal is muted."""

from math import inf

from alerting_records import Watch, requests

from alerting.events import AlertDismissed, AlertRaised, Learned, Relearning
from alerting.signals.request_rate import RequestRate
from alerting.states import State
from alerting.terms import Terms


def alerting(muted: bool = False) -> Watch:
    """Return a monitor at time 200 that has learned 100 requests per 100 s, and raised an alert at 200."""
    watch = Watch([RequestRate(10, 100)], Terms(bucket_size=100, learning_duration=100, retention=86400))
    watch.add(requests(0, 100))
    watch.advance(100)
    watch.monitor.mute("request_rate", inf if muted else 0.0)
    watch.add(requests(150, 200))
    *_, raised = watch.advance(200)
    assert isinstance(raised, AlertRaised)
    assert raised.alert.muted is muted
    return watch


def test_relearning_ends_the_alert_and_takes_what_comes_as_the_new_baseline() -> None:
    watch = alerting()
    ended, told = watch.monitor.relearn(200)
    assert isinstance(ended, AlertDismissed)
    assert told == Relearning(200, "request_rate")
    assert (ended.alert.end, watch.monitor.history.active) == (200, ())
    assert (watch.monitor.state, watch.monitor.baseline) == (State.LEARNING, None)
    watch.add(requests(250, 200))
    (learned,) = watch.advance(300)
    assert learned == Learned(300, 200)
    watch.add(requests(350, 200))
    assert watch.advance(400) == []


def test_relearning_without_an_alert_says_nothing() -> None:
    watch = alerting()
    watch.advance(300)
    assert watch.monitor.relearn(300) == [Relearning(300, "request_rate")]
    assert watch.monitor.state is State.LEARNING


def test_an_acknowledged_alert_stays_so_while_it_goes_on_and_the_next_one_is_new() -> None:
    watch = alerting()
    watch.monitor.acknowledge("request_rate")
    watch.add(requests(250, 300))
    watch.advance(300)
    (active,) = watch.monitor.history.active
    assert (active.acknowledged, active.peak) == (True, 300)
    watch.advance(400)
    watch.add(requests(450, 300))
    watch.advance(500)
    (active,) = watch.monitor.history.active
    assert not active.acknowledged


def test_there_is_nothing_to_acknowledge_without_an_alert() -> None:
    watch = alerting()
    watch.advance(300)
    watch.monitor.acknowledge("request_rate")
    assert watch.monitor.history.active == ()
    assert not watch.monitor.history.alerts[0].acknowledged


def test_a_muted_signal_is_judged_and_its_alert_says_that_it_was_muted() -> None:
    watch = alerting(muted=True)
    watch.monitor.mute("request_rate", 0.0)
    _, dismissed = watch.advance(300)
    assert isinstance(dismissed, AlertDismissed)
    assert dismissed.alert.muted, "who was not told of the alert is not told of its end"
    watch.add(requests(350, 200))
    (raised,) = watch.advance(400)
    assert isinstance(raised, AlertRaised)
    assert not raised.alert.muted

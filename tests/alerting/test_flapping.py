"""A signal that changes its state too often is reported once, and then muted until it is calm."""

from alerting_records import Watch, requests

from alerting.events import AlertDismissed, AlertRaised, Event, Flapping, FlappingEnded
from alerting.signals.request_rate import RequestRate
from alerting.states import State
from alerting.terms import Terms

MINUTE = 60.0


class Site:
    """Traffic by the minute, normally 100 requests, with at most 4 changes of state per hour."""

    def __init__(self, changes: int = 4) -> None:
        self.watch = Watch([RequestRate(10, MINUTE)], Terms(MINUTE, MINUTE, 86400, changes_per_hour=changes))
        self.monitor = self.watch.monitor
        self.now = 0.0
        self.given(100)

    def given(self, *counts: int) -> list[Event]:
        told = []
        for count in counts:
            self.watch.add(requests(self.now, count))
            self.now += MINUTE
            told += self.watch.advance(self.now)
        return told


def test_the_fifth_change_in_an_hour_is_reported_as_flapping_and_later_ones_are_muted() -> None:
    site = Site()
    told = site.given(*[200, 100] * 6)
    assert [type(event) for event in told] == [AlertRaised, AlertDismissed, AlertRaised, AlertDismissed, Flapping]
    flapping = told[-1]
    assert isinstance(flapping, Flapping)
    assert flapping == Flapping(6 * MINUTE, "request_rate", 5, flapping.alert)
    assert flapping.alert.start == 6 * MINUTE
    assert site.monitor.judges[0].flapping


def test_muted_alerts_are_in_the_history_and_on_the_screen() -> None:
    site = Site()
    site.given(*[200, 100] * 6)
    assert len(site.monitor.history.alerts) == 6
    site.given(200)
    assert site.monitor.state is State.ALERT
    assert site.monitor.history.active


def test_flapping_ends_at_half_as_many_changes_and_reports_the_latest_alert() -> None:
    site = Site()
    site.given(*[200, 100] * 3)
    (told,) = site.given(*[100] * 58)
    assert told == FlappingEnded(65 * MINUTE, "request_rate", site.monitor.history.alerts[0])
    assert isinstance(site.given(200)[0], AlertRaised)


def test_flapping_can_end_during_an_alert() -> None:
    site = Site()
    site.given(*[200, 100] * 3)
    told = site.given(*[200] * 60)
    (ended,) = [event for event in told if isinstance(event, FlappingEnded)]
    assert ended.alert.end is None
    assert ended.alert == site.monitor.history.active[0]


def test_a_jump_in_time_ends_flapping() -> None:
    site = Site()
    site.given(*[200, 100] * 6)
    told = site.watch.advance(site.now + 86400)
    assert [type(event) for event in told] == [FlappingEnded]


def test_the_limit_can_be_one_change_per_hour() -> None:
    site = Site(changes=1)
    assert [type(event) for event in site.given(200, 100)] == [AlertRaised, Flapping]

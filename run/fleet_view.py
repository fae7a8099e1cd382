"""Adds what is known of the sensors to a View: who is silent, whose clock is off, and their alerts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from alerting.alert import Alert, SignalUnit
from fleet.alert_book import AlertBook
from fleet.raised import RAISED
from fleet.raised import TITLE as RAISED_TITLE
from fleet.reader import Followed
from fleet.silence import SILENCE, Silence
from fleet.silence import TITLE as SILENCE_TITLE
from history.fleet import SensorState
from run.fleet_health import DROPPED, LOST
from view.builder import alert_title, alert_view
from view.sensors import FleetView, SensorFilterView, SensorView
from view.view import AlertView, SignalView, View

ALERT: Final = "ALERT"
"""The state of a line with an active alert."""


class Fleet(NamedTuple):
    """What is known of the sensors."""

    states: Sequence[SensorState]
    health: Mapping[str, Mapping[str, int]]
    """What each of them counted of late, by name."""
    followed: Followed
    """Those that are added up."""
    loading: bool


class SensorAlerts(NamedTuple):
    """The alerts of single sensors."""

    book: AlertBook
    silence: Silence
    titles: Mapping[str, str]
    """Titles of the signals, by name."""
    by_sensor: bool
    """Whether alerts that the sensors raised are among them."""


def with_fleet(view: View, fleet: Fleet, own: SensorAlerts) -> View:
    """Return the View with the sensors, and with their alerts among the others."""
    alerts = _merged(view.alerts, [_alert_view(alert, own) for alert in (*own.book.active, *own.book.ended)])
    lasted = [(view.now if alert.end is None else alert.end) - alert.start for alert in alerts]
    lines = (_silence_line(own, view.now), *([_raised_line(own, view.now)] if own.by_sensor else []))
    active = any(line.state == ALERT for line in lines)
    return replace(
        view,
        state=ALERT if active else view.state,
        alerts=alerts,
        longest_alert=max(lasted, default=None),
        average_alert=sum(lasted) / len(lasted) if lasted else None,
        signals=(*view.signals, *lines),
        fleet=_fleet_view(fleet, own.silence, view.now),
    )


def _merged(alerts: Sequence[AlertView], more: Sequence[AlertView]) -> tuple[AlertView, ...]:
    """Return the active alerts, then those that ended, latest first."""
    active = [alert for alert in (*alerts, *more) if alert.end is None]
    ended = [alert for alert in (*alerts, *more) if alert.end is not None]
    return (*active, *sorted(ended, key=lambda alert: -(alert.end or 0.0)))


def _alert_view(alert: Alert, own: SensorAlerts) -> AlertView:
    title = SILENCE_TITLE if alert.signal == SILENCE else alert_title(alert, own.titles)
    return alert_view(alert, title, 0.0, own.book.muted_until(alert))


def _silence_line(own: SensorAlerts, now: float) -> SignalView:
    line = _line(SILENCE, SILENCE_TITLE, own, now)
    return replace(line, value=own.silence.longest, limit=own.silence.limit)


def _raised_line(own: SensorAlerts, now: float) -> SignalView:
    active = sum(alert.signal != SILENCE for alert in own.book.active)
    return replace(_line(RAISED, RAISED_TITLE, own, now), unit=SignalUnit.HITS, value=float(active))


def _line(name: str, title: str, own: SensorAlerts, now: float) -> SignalView:
    """Return a line of the table of signals for alerts of single sensors, which no baseline has to do with."""
    of_silence, alerts = name == SILENCE, (*own.book.active, *own.book.ended)
    alerts = tuple(alert for alert in alerts if (alert.signal == SILENCE) is of_silence)
    told = any(alert.end is None and not own.book.is_muted(alert) for alert in alerts)
    lasted = [alert.duration(now) for alert in alerts]
    return SignalView(
        name=name,
        title=title,
        unit=SignalUnit.SECONDS,
        state=ALERT if told else "NORMAL",
        baseline=None,
        limit=None,
        value=None,
        threshold=0.0,
        floor=0.0,
        silent=False,
        alerts=len(alerts),
        longest_alert=max(lasted, default=None),
        average_alert=sum(lasted) / len(lasted) if lasted else None,
    )


def _fleet_view(fleet: Fleet, silence: Silence, now: float) -> FleetView:
    followed, choice = fleet.followed, fleet.followed.choice
    wanted = followed.wanted.text
    matched = SensorFilterView(wanted, len(choice.chosen), len(fleet.states)) if wanted else None
    since = followed.feed.loaded_since if followed.feed is not None else None
    sensors = tuple(_sensor_view(state, fleet, silence) for state in fleet.states)
    return FleetView(sensors, choice.vantage, now if since is None else min(since, now), fleet.loading, matched)


def _sensor_view(state: SensorState, fleet: Fleet, silence: Silence) -> SensorView:
    counted, facts = fleet.health.get(state.name, {}), state.facts
    return SensorView(
        name=state.name,
        vantage=facts.vantage,
        source=facts.source,
        version=facts.version,
        last_seen=state.received,
        skew=state.skew,
        silent=silence.is_silent(state.name),
        dropped=counted.get(DROPPED, 0) + counted.get(LOST, 0),
        left_out=fleet.followed.choice.left_out.get(state.name, ""),
    )

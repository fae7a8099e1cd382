"""The alerts of single sensors within the retention: any number may be active at a time. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter

from alerting.alert import Alert
from alerting.events import AlertDismissed, AlertRaised, Event
from view.view import about


class AlertBook:
    """Alerts by sensor, signal and start, at most `most` of them."""

    def __init__(self, retention: float, most: int) -> None:
        self.forgotten = 0
        """Alerts dropped early, because there were too many."""
        self._retention = retention
        self._most = most
        self._alerts: dict[tuple[str, str, float], Alert] = {}
        # When the muting of each signal of a sensor ends.
        self._muted: dict[str, float] = {}
        self._acknowledged: set[tuple[str, str, float]] = set()

    @property
    def active(self) -> list[Alert]:
        """The active alerts, latest first."""
        return [alert for alert in self._latest() if alert.end is None]

    @property
    def ended(self) -> list[Alert]:
        """The alerts that ended, latest first."""
        return [alert for alert in self._latest() if alert.end is not None]

    def put(self, alert: Alert, now: float, *, tell: bool = True) -> list[Event]:
        """Note an alert, or how it went on, and return what to report: nothing of a new one if `tell` is false, nor of
        one that is over already.
        """
        key = _key(alert)
        before = self._alerts.get(key)
        muted = before.muted if before is not None else self.is_muted(alert)
        alert = replace(alert, muted=muted, acknowledged=key in self._acknowledged)
        self._alerts[key] = alert
        if before is None:
            self._limit()
            return [AlertRaised(alert.start, alert)] if tell and alert.end is None else []
        if before.end is None and alert.end is not None:
            return [AlertDismissed(now, alert)]
        return []

    def age(self, now: float) -> None:
        """Drop the alerts that ended before the retention, and end the mutings that are over."""
        self._muted = {name: until for name, until in self._muted.items() if until > now}
        for key, alert in list(self._alerts.items()):
            if alert.end is not None and alert.end < now - self._retention:
                self._forget(key)

    def acknowledge(self, name: str) -> list[Alert]:
        """Note that the user has seen the active alerts that this is about (`view.view.about`), and return those that
        are new to them.
        """
        active = [alert for alert in self._alerts.values() if alert.end is None and _about(alert) == name]
        for alert in active:
            self._acknowledged.add(_key(alert))
            self._alerts[_key(alert)] = replace(alert, acknowledged=True)
        return [alert for alert in active if not alert.acknowledged]

    def mute(self, name: str, until: float | None) -> None:
        """Mute a signal of a sensor until a time; None ends that."""
        if until is None:
            self._muted.pop(name, None)
        else:
            self._muted[name] = until

    def muted_until(self, alert: Alert) -> float | None:
        """Return when the muting of the signal of the alert's sensor ends; None if it is not muted."""
        return self._muted.get(_about(alert))

    def is_muted(self, alert: Alert) -> bool:
        """Return whether the user muted the signal of the alert's sensor."""
        return _about(alert) in self._muted

    def _latest(self) -> Iterable[Alert]:
        return sorted(self._alerts.values(), key=attrgetter("start"), reverse=True)

    def _limit(self) -> None:
        """Drop the alert that ended first, or else began first, if there are too many."""
        if len(self._alerts) > self._most:
            self.forgotten += 1
            self._forget(min(self._alerts, key=lambda key: (self._alerts[key].end is None, key[2])))

    def _forget(self, key: tuple[str, str, float]) -> None:
        del self._alerts[key]
        self._acknowledged.discard(key)


def _key(alert: Alert) -> tuple[str, str, float]:
    return alert.sensor, alert.signal, alert.start


def _about(alert: Alert) -> str:
    return about(alert.signal, alert.sensor)

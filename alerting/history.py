"""The alerts of the retention time. Times are in seconds since the epoch, durations in seconds.

An alert takes at least two buckets, so a signal has at most retention / (2 x bucket size) + 1 of them.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from alerting.alert import Alert


class AlertHistory:
    """Alerts of all signals, until `retention` seconds after their end, and at most `max_ended` that ended."""

    def __init__(self, retention: float, max_ended: int) -> None:
        self.forgotten = 0
        """Alerts dropped early, because there were too many."""
        self._retention = retention
        self._max_ended = max_ended
        self._active: dict[str, Alert] = {}
        # Latest first.
        self._ended: deque[Alert] = deque()

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The active alerts, then those that ended, each group latest first."""
        return (*self.active, *self._ended)

    @property
    def ended(self) -> tuple[Alert, ...]:
        """The alerts that ended, latest first."""
        return tuple(self._ended)

    @property
    def active(self) -> tuple[Alert, ...]:
        """The active alerts, at most one for each signal, latest first."""
        return tuple(sorted(self._active.values(), key=lambda alert: -alert.start))

    def recall(self, alerts: Iterable[Alert]) -> None:
        """Add alerts that ended before this run."""
        known = [*self._ended, *alerts]
        self._ended = deque(sorted(known, key=lambda alert: -(alert.end or 0.0)))

    def begin(self, alert: Alert) -> Alert:
        """Add a new alert."""
        self._active[alert.signal] = alert
        return alert

    def proceed(self, signal: str, value: float, low: bool = False) -> Alert:
        """Continue a signal's active alert with a bucket of `value`. With `low`, its peak is the lowest value."""
        alert = self._active[signal]
        peak = min(value, alert.peak) if low else max(value, alert.peak)
        return self.begin(replace(alert, peak=peak))

    def acknowledge(self, signal: str) -> None:
        """Note that the user has seen a signal's active alert, if it has one."""
        if signal in self._active:
            self.begin(replace(self._active[signal], acknowledged=True))

    def change(self, alert: Alert) -> None:
        """Replace what is known about an alert that has just been raised."""
        known = self._active.get(alert.signal)
        if known is not None and known.start == alert.start:
            self._active[alert.signal] = alert

    def finish(self, signal: str, end: float) -> Alert:
        """End a signal's active alert."""
        alert = replace(self._active.pop(signal), end=end)
        self._ended.appendleft(alert)
        if len(self._ended) > self._max_ended:
            self._ended.pop()
            self.forgotten += 1
        return alert

    def age(self, now: float) -> None:
        """Drop the alerts that ended more than `retention` seconds before `now`."""
        while self._ended and (self._ended[-1].end or 0.0) < now - self._retention:
            self._ended.pop()

    def number(self, signal: str) -> int:
        """Return the number of alerts of a signal."""
        return sum(alert.signal == signal for alert in self.alerts)

    def longest(self, now: float, signal: str | None = None) -> float | None:
        """Return the duration of the longest alert, of a signal or of all; active ones last until `now`. None without
        alerts.
        """
        return max(self._durations(now, signal), default=None)

    def average(self, now: float, signal: str | None = None) -> float | None:
        """Return the average duration of the alerts, as in `longest`."""
        durations = self._durations(now, signal)
        return sum(durations) / len(durations) if durations else None

    def _durations(self, now: float, signal: str | None) -> list[float]:
        return [alert.duration(now) for alert in self.alerts if signal in (None, alert.signal)]

"""The alerts of the retention time. Times are seconds since the epoch, durations seconds.

Bound: an alert takes at least two buckets, so there are no more than retention / (2 x bucket size), and one.
"""

from collections import deque
from dataclasses import replace

from alerting.alert import Alert


class AlertHistory:
    """Alerts, latest first. Those that ended longer ago than `retention` are forgotten."""

    def __init__(self, retention: float) -> None:
        self._retention = retention
        self._alerts: deque[Alert] = deque()

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All of them, latest first; the active one, if any, is the first."""
        return tuple(self._alerts)

    @property
    def active(self) -> Alert | None:
        """The alert that goes on, if any."""
        return self._alerts[0] if self._alerts and self._alerts[0].end is None else None

    def begin(self, alert: Alert) -> Alert:
        """Enter a new alert."""
        self._alerts.appendleft(alert)
        return alert

    def proceed(self, count: int) -> Alert:
        """The active alert goes on with a bucket of `count`."""
        return self._update(peak=max(count, self._alerts[0].peak))

    def finish(self, end: float) -> Alert:
        """The active alert is over."""
        return self._update(end=end)

    def age(self, now: float) -> None:
        """Forget the alerts that ended more than `retention` before `now`."""
        while self._alerts and (end := self._alerts[-1].end) is not None and end < now - self._retention:
            self._alerts.pop()

    def longest(self, now: float) -> float | None:
        """Duration of the longest alert, the active one up to `now`; None without alerts."""
        return max((alert.duration(now) for alert in self._alerts), default=None)

    def average(self, now: float) -> float | None:
        """Average duration of an alert, the active one up to `now`; None without alerts."""
        if not self._alerts:
            return None
        return sum(alert.duration(now) for alert in self._alerts) / len(self._alerts)

    def _update(self, **changes: float) -> Alert:
        self._alerts[0] = replace(self._alerts[0], **changes)  # type: ignore[arg-type] # named by the two callers
        return self._alerts[0]

"""The alerts of the retention time. Times are seconds since the epoch, durations seconds.

An alert takes at least two buckets, so a signal has no more of them than retention / (2 x bucket size), and one.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from alerting.alert import Alert


class AlertHistory:
    """Alerts of all signals. Those that ended longer ago than `retention` are forgotten, and those beyond `most`."""

    def __init__(self, retention: float, most: int) -> None:
        self.forgotten = 0
        """Alerts that had to go before their time."""
        self._retention = retention
        self._most = most
        self._active: dict[str, Alert] = {}
        self._ended: deque[Alert] = deque()  # latest first

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The active ones, then those that ended; of each the latest first."""
        return (*self.active, *self._ended)

    @property
    def ended(self) -> tuple[Alert, ...]:
        """Those that are over, latest first."""
        return tuple(self._ended)

    @property
    def active(self) -> tuple[Alert, ...]:
        """Those that go on, at most one of a signal, latest first."""
        return tuple(sorted(self._active.values(), key=lambda alert: -alert.start))

    def recall(self, alerts: Iterable[Alert]) -> None:
        """Enter alerts that ended before this run."""
        known = [*self._ended, *alerts]
        self._ended = deque(sorted(known, key=lambda alert: -(alert.end or 0.0)))

    def begin(self, alert: Alert) -> Alert:
        """Enter a new alert."""
        self._active[alert.signal] = alert
        return alert

    def proceed(self, signal: str, value: float, low: bool = False) -> Alert:
        """The active alert of a signal goes on with a bucket of `value`; the peak is the lowest one where `low`."""
        alert = self._active[signal]
        peak = min(value, alert.peak) if low else max(value, alert.peak)
        return self.begin(replace(alert, peak=peak))

    def finish(self, signal: str, end: float) -> Alert:
        """The active alert of a signal is over."""
        alert = replace(self._active.pop(signal), end=end)
        self._ended.appendleft(alert)
        if len(self._ended) > self._most:
            self._ended.pop()
            self.forgotten += 1
        return alert

    def age(self, now: float) -> None:
        """Forget the alerts that ended more than `retention` before `now`."""
        while self._ended and (self._ended[-1].end or 0.0) < now - self._retention:
            self._ended.pop()

    def number(self, signal: str) -> int:
        """How many alerts of a signal there are."""
        return sum(alert.signal == signal for alert in self.alerts)

    def longest(self, now: float, signal: str | None = None) -> float | None:
        """Duration of the longest alert, of a signal or of all, the active ones up to `now`; None without alerts."""
        return max(self._durations(now, signal), default=None)

    def average(self, now: float, signal: str | None = None) -> float | None:
        """Average duration of an alert, likewise."""
        durations = self._durations(now, signal)
        return sum(durations) / len(durations) if durations else None

    def _durations(self, now: float, signal: str | None) -> list[float]:
        return [alert.duration(now) for alert in self.alerts if signal in (None, alert.signal)]

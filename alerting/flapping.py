"""Decides which changes of a signal's alerts are reported: all of them, unless the signal is flapping."""

from collections import deque
from typing import Final

from alerting.alert import Alert
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Event, Flapping, FlappingEnded

HOUR: Final = 3600.0


class FlappingFilter:
    """Mutes a signal with more than `max_changes` changes of state within an hour, until half as many are left.

    The start and the end of flapping are reported; nothing in between is.
    """

    def __init__(self, signal: str, max_changes: int) -> None:
        self.flapping = False
        self._signal = signal
        self._max_changes = max_changes
        self._latest: Alert | None = None
        # Times of the changes of state in the last hour.
        self._changes: deque[float] = deque()

    def report(self, time: float, event: AlertRaised | AlertContinued | AlertDismissed | None) -> list[Event]:
        """Return what to report of a bucket that ended at `time` and of its event, if it has one."""
        if event is not None:
            self._latest = event.alert
        if isinstance(event, AlertRaised | AlertDismissed):
            self._changes.append(time)
        while self._changes and self._changes[0] <= time - HOUR:
            self._changes.popleft()
        changes, was = len(self._changes), self.flapping
        self.flapping = changes > (self._max_changes // 2 if was else self._max_changes)
        if self._latest is None or self.flapping is was:
            return [event] if event is not None and not was else []
        if self.flapping:
            return [Flapping(time, self._signal, changes, self._latest)]
        return [FlappingEnded(time, self._signal, self._latest)]

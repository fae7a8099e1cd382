"""What is told of a signal's alerts: all that happens, unless it changes its state too often."""

from collections import deque
from typing import Final

from alerting.alert import Alert
from alerting.events import AlertContinued, AlertDismissed, AlertRaised, Event, Flapping, FlappingEnded

HOUR: Final = 3600.0


class Teller:
    """Of one signal. With more than `most` changes of state within an hour it is flapping, until they are half of that.

    That it flaps is told, and then that it no longer does; what happens meanwhile is not.
    """

    def __init__(self, signal: str, most: int) -> None:
        self.flapping = False
        self._signal = signal
        self._most = most
        self._latest: Alert | None = None
        self._changes: deque[float] = deque()  # when the state changed, in the last hour

    def tell(self, time: float, event: AlertRaised | AlertContinued | AlertDismissed | None) -> list[Event]:
        """What is to be told of a bucket that ended at `time`, and of what happened in it, if anything did."""
        if event is not None:
            self._latest = event.alert
        if isinstance(event, AlertRaised | AlertDismissed):
            self._changes.append(time)
        while self._changes and self._changes[0] <= time - HOUR:
            self._changes.popleft()
        changes, was = len(self._changes), self.flapping
        self.flapping = changes > (self._most // 2 if was else self._most)
        if self._latest is None or self.flapping is was:
            return [event] if event is not None and not was else []
        if self.flapping:
            return [Flapping(time, self._signal, changes, self._latest)]
        return [FlappingEnded(time, self._signal, self._latest)]

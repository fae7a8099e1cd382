"""What the user decides about the signals of a fleet, and about the alerts of single sensors."""

from collections.abc import Callable, Iterable

from alerting.events import Acknowledged, Event, Muted
from alerting.monitor import Monitor
from fleet.alert_book import AlertBook
from run.decisions import Decisions


class FleetDecisions(Decisions):
    """The same for a fleet. `signal@sensor` is a signal of one sensor, whose alerts are in `book`."""

    def __init__(
        self,
        monitor: Monitor,
        book: AlertBook,
        now: Callable[[], float],
        report: Callable[[Iterable[Event]], None],
    ) -> None:
        super().__init__(monitor, now, report)
        self._book = book

    def acknowledge(self, about: str) -> None:
        """Note that the user has seen the active alerts that this is about."""
        super().acknowledge(about)
        self._report(Acknowledged(self._now(), alert.signal, alert) for alert in self._book.acknowledge(about))

    def mute(self, about: str, seconds: float) -> None:
        """Mute a signal, or one of a sensor, for so long, `math.inf` for until that is ended; 0 ends it."""
        super().mute(about, seconds)
        if "@" in about:
            until = self._now() + seconds
            self._book.mute(about, until if seconds else None)
            self._report([Muted(self._now(), about, until)])

"""The alerts that sensors raised themselves, each by its own baseline. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from alerting.events import Event
from fleet.alert_book import AlertBook
from history.alerts import recalled
from history.fleet import SensorAlert

RAISED: Final = "sensor_alerts"
"""Name of the line of these alerts among the signals."""
TITLE: Final = "Alerts of sensors"


class Raised:
    """Takes the alerts of the sensors. They go into `book`."""

    def __init__(self, book: AlertBook) -> None:
        self.unreadable = 0
        """Alerts that another version of the program wrote in a form unknown here."""
        self._book = book
        self._begun = False

    def read(self, alerts: Sequence[SensorAlert], now: float) -> list[Event]:
        """Take all alerts that the store has, and return what to report. Those of the first call began earlier, so
        only their end is news.
        """
        self.unreadable = 0
        events: list[Event] = []
        for each in sorted(alerts, key=lambda each: each.alert.start):
            alert = recalled(each.alert)
            if alert is None:
                self.unreadable += 1
                continue
            text = f"{each.sensor}: {alert.explanation or alert.signal.replace('_', ' ')}"
            own = replace(alert, sensor=each.sensor, end=each.alert.end, explanation=text, incident="")
            events += self._book.put(own, now, tell=self._begun)
        self._begun = True
        return events

"""Sensors that fall silent: each is an alert of its own, from its last word too long ago to its next one. Pure.

Only time in which the store could be read counts: an outage of the store, or of our way to it, is no silence. Nor does
the sensor's clock matter, or the store's: what counts is how long we saw nothing new.
"""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final

from alerting.alert import Alert, SignalUnit
from alerting.events import Event
from fleet.alert_book import AlertBook
from history.fleet import SensorState
from view import figures

SILENCE: Final = "sensor_silence"
"""Name of the signal, and of the setting with its limit."""
TITLE: Final = "Silent sensor"
LONGEST_STEP: Final = 10.0
"""Most seconds between two readings that count as silence; after a longer pause, nobody knows who was silent."""


class Silence:
    """Watches the sensors. Alerts go into `book`."""

    def __init__(self, book: AlertBook, limit: float, ignored: Sequence[str] = ()) -> None:
        """A sensor is silent after `limit` seconds. Those with a name like one of the patterns `ignored` may be."""
        self._book = book
        self.limit = limit
        self._ignored = tuple(pattern.lower() for pattern in ignored)
        self._silent_for: dict[str, float] = {}
        self._received: dict[str, float] = {}
        self._active: dict[str, Alert] = {}
        self._read_at: float | None = None

    def is_silent(self, name: str) -> bool:
        """Return whether a sensor is silent, and was not expected to be."""
        return name in self._active

    @property
    def longest(self) -> float:
        """Longest silence of a sensor that may not be silent, in seconds."""
        return max((time for name, time in self._silent_for.items() if not self._may_be(name)), default=0.0)

    def read(self, states: Sequence[SensorState], read_at: float, now: float) -> list[Event]:
        """Take what the store says of all sensors, and return what to report at `now`; `read_at` is any clock's."""
        step = 0.0 if self._read_at is None else min(read_at - self._read_at, LONGEST_STEP)
        self._read_at = read_at
        newest = max((state.received for state in states), default=0.0)
        events: list[Event] = []
        for state in states:
            self._listen(state, step, newest)
            events += self._judge(state, now)
        for name in self._silent_for.keys() - {state.name for state in states}:
            events += self._forget(name, now)
        return events

    def _listen(self, state: SensorState, step: float, newest: float) -> None:
        """Count the seconds since a sensor's last word; at first sight, since that of whoever spoke last."""
        name = state.name
        if name not in self._received:
            self._silent_for[name] = max(0.0, newest - state.received)
        elif state.received > self._received[name]:
            self._silent_for[name] = 0.0
        else:
            self._silent_for[name] += step
        self._received[name] = state.received

    def _judge(self, state: SensorState, now: float) -> list[Event]:
        name, silent = state.name, self._silent_for[state.name]
        known = self._active.get(name)
        if silent >= self.limit and not self._may_be(name):
            alert = replace(known, peak=silent) if known is not None else self._alert(state, silent, now)
            self._active[name] = alert
            return self._book.put(alert, now)
        if known is not None:
            del self._active[name]
            return self._book.put(replace(known, end=max(now, known.start)), now)
        return []

    def _forget(self, name: str, now: float) -> list[Event]:
        """End the alert of a sensor that the store does not know any more."""
        del self._silent_for[name], self._received[name]
        known = self._active.pop(name, None)
        return [] if known is None else self._book.put(replace(known, end=max(now, known.start)), now)

    def _may_be(self, name: str) -> bool:
        return any(fnmatchcase(name.lower(), pattern) for pattern in self._ignored)

    def _alert(self, state: SensorState, silent: float, now: float) -> Alert:
        last = figures.moment(state.received, None)
        where = f" at vantage {state.facts.vantage}" if state.facts.vantage else ""
        text = f"Sensor {state.name}{where} is silent: no record for {figures.duration(silent)}, the last one at {last}"
        return Alert(
            signal=SILENCE,
            start=now,
            end=None,
            value=silent,
            peak=silent,
            baseline=0.0,
            threshold=0.0,
            limit=self.limit,
            unit=SignalUnit.SECONDS,
            sensor=state.name,
            explanation=text,
        )

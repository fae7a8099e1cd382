"""Draws attention to alerts outside of what is drawn: the terminal's bell and title. Pure."""

from collections.abc import Callable

from alerting.alert import Alert
from alerting.events import AlertDismissed, AlertRaised, Event, Flapping, FlappingEnded
from view import cells
from view.outlet import Outlet

BELL = "\a"
SAVE_TITLE, RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"
"""xterm's window operations; terminals without them ignore both."""
LONGEST = 100
"""Characters of a title."""


class Attention(Outlet):
    """Rings the bell when an alert is raised, and names the active alerts in the title of the terminal."""

    def __init__(self, name: str, bell: bool, title: bool) -> None:
        """`name` says what is watched. Nothing is written before `start`."""
        self._name = name
        self._bell = bell
        self._title = title
        self._write: Callable[[str], None] = lambda text: None
        # Titles of active alerts.
        self._active: dict[str, str] = {}

    def start(self, write: Callable[[str], None]) -> None:
        """Write the title, and everything from now on, by `write`."""
        self._write = write
        if self._title:
            write(SAVE_TITLE + self._shown())

    def stop(self, write: Callable[[str], None]) -> None:
        """Restore the title that was there before, by `write`."""
        self._write = lambda text: None
        if self._title:
            write(RESTORE_TITLE)

    def event(self, event: Event) -> None:
        """Ring at an alert that was raised, and show which ones are active."""
        if not isinstance(event, AlertRaised | AlertDismissed | Flapping | FlappingEnded) or event.alert.muted:
            return
        self._take(event.alert, isinstance(event, AlertRaised | FlappingEnded))
        if self._bell and isinstance(event, AlertRaised):
            self._write(BELL)
        if self._title:
            self._write(self._shown())

    def _take(self, alert: Alert, told: bool) -> None:
        if told and alert.end is None:
            self._active[_about(alert)] = _about(alert)
        else:
            self._active.pop(_about(alert), None)

    def _shown(self) -> str:
        """Return what sets the title."""
        alerts = f"ALERT {', '.join(self._active.values())} - " if self._active else ""
        return f"\x1b]2;{cells.visible(f'{alerts}HTTP monitor {self._name}', True)[:LONGEST]}\a"


def _about(alert: Alert) -> str:
    """Return the signal of an alert in words, after the sensor if it has one."""
    return f"{alert.sensor} {alert.signal}".strip().replace("_", " ")

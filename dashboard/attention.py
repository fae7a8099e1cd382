"""Draws attention to alerts outside of what is drawn: the terminal's bell and title. Pure."""

from collections.abc import Callable

from alerting.alert import Alert
from alerting.events import AlertDismissed, AlertRaised, Event, Flapping, FlappingEnded, Muted
from view import cells
from view.decision import is_over, signal_in_words
from view.outlet import Outlet
from view.view import about

BELL = "\a"
SAVE_TITLE, RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"
"""xterm's window operations; terminals without them ignore both."""
LONGEST = 100
"""Characters of a title."""


class Attention(Outlet):
    """Rings the bell when an alert is raised, and names the active alerts in the title of the terminal. Muted signals
    do neither.
    """

    def __init__(self, name: str, bell: bool, title: bool) -> None:
        """`name` says what is watched. Nothing is written before `start`."""
        self._name = name
        self._bell = bell
        self._title = title
        self._write: Callable[[str], None] = lambda text: None
        # What active alerts are muted by, and whether they are.
        self._active: dict[str, bool] = {}

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
        before = self._shown()
        if isinstance(event, Muted):
            if event.signal in self._active:
                self._active[event.signal] = not is_over(event)
        elif isinstance(event, AlertRaised | AlertDismissed | Flapping | FlappingEnded):
            self._take(event.alert, isinstance(event, AlertRaised | FlappingEnded))
            if self._bell and isinstance(event, AlertRaised) and not event.alert.muted:
                self._write(BELL)
        if self._title and (after := self._shown()) != before:
            self._write(after)

    def _take(self, alert: Alert, told: bool) -> None:
        name = about(alert.signal, alert.sensor)
        if told and alert.end is None:
            self._active[name] = alert.muted
        else:
            self._active.pop(name, None)

    def _shown(self) -> str:
        """Return what sets the title."""
        told = ", ".join(signal_in_words(name) for name, muted in self._active.items() if not muted)
        alerts = f"ALERT {told} - " if told else ""
        return f"\x1b]2;{cells.visible(f'{alerts}HTTP monitor {self._name}', True)[:LONGEST]}\a"

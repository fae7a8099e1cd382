"""Where Views go: a console, a file, a program. The session shows each of its outlets the same View."""

from typing import Protocol

from alerting.events import Event
from dashboard.lines import event_line, learning_line
from dashboard.screen import Screen
from dashboard.summary import summary
from dashboard.view import View


class Outlet(Protocol):
    """What is told how things stand."""

    @property
    def watches(self) -> bool:
        """Whether it wants every View: else it gets the last one, and those that others want."""

    def show(self, view: View, refreshed: bool) -> None:
        """The View at this moment; `refreshed` when a bucket has ended, else learning went on."""

    def event(self, event: Event) -> None:
        """What was decided, as soon as it was."""

    def finish(self, view: View) -> None:
        """The last View."""


class Console:
    """The dashboard on a terminal, or one below the other where there is none; a summary at the end."""

    watches = True

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def show(self, view: View, refreshed: bool) -> None:
        """Draw it; a line is enough for the progress of learning where dashboards cannot be drawn in place."""
        if refreshed or self._screen.is_terminal:
            self._screen.draw(view)
        elif line := learning_line(view):
            self._screen.say(line)

    def event(self, event: Event) -> None:
        """Said by the dashboard."""

    def finish(self, view: View) -> None:
        """The last dashboard, and the summary."""
        if not self._screen.is_terminal:
            self._screen.draw(view)
        self._screen.finish(view, _summary(view, self._screen))


class Quiet:
    """A line for each event, and a summary at the end."""

    watches = False

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def show(self, view: View, refreshed: bool) -> None:
        """Not shown."""

    def event(self, event: Event) -> None:
        """Say what happened, if it is news."""
        if line := event_line(event):
            self._screen.say(line)

    def finish(self, view: View) -> None:
        """The summary."""
        self._screen.finish(None, _summary(view, self._screen))


class Farewell:
    """The summary alone: for after a screen that others have shown."""

    watches = False

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def show(self, view: View, refreshed: bool) -> None:
        """Not shown."""

    def event(self, event: Event) -> None:
        """Not said."""

    def finish(self, view: View) -> None:
        """The summary."""
        self._screen.finish(None, _summary(view, self._screen))


def _summary(view: View, screen: Screen) -> str:
    return summary(view, screen.width, ascii_only=screen.ascii_only)

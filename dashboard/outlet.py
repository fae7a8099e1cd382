"""The outlets that write to standard output: the console dashboard, events alone, or a summary alone."""

from alerting.events import Event
from blocking.block import BlockEvent
from dashboard.lines import block_line, event_line, learning_line
from dashboard.screen import Screen
from dashboard.summary import summary
from view.outlet import Outlet
from view.view import View


class Farewell(Outlet):
    """Prints a summary at the end, after another outlet has used the screen."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def finish(self, view: View) -> None:
        """Print the summary."""
        self._screen.finish(None, self._summary(view))

    def _summary(self, view: View) -> str:
        return summary(view, self._screen.width, ascii_only=self._screen.ascii_only)


class Quiet(Farewell):
    """Prints a line for each event, and a summary at the end."""

    def event(self, event: Event) -> None:
        """Print what happened, if it is worth a line."""
        if line := event_line(event):
            self._screen.say(line)

    def block(self, event: BlockEvent) -> None:
        """Print who was blocked, or is no longer."""
        if line := block_line(event):
            self._screen.say(line)


class Console(Farewell):
    """Draws the dashboard in place on a terminal, prints it again and again elsewhere, and ends with a summary."""

    watches = True

    def show(self, view: View, refreshed: bool) -> None:
        """Draw the dashboard. Where it cannot be drawn in place, the progress of learning is a single line."""
        if refreshed or self._screen.is_terminal:
            self._screen.draw(view)
        elif line := learning_line(view):
            self._screen.say(line)

    def block(self, event: BlockEvent) -> None:
        """Say who was blocked or is no longer, where that does not spoil a dashboard, which lists the blocks."""
        if not self._screen.is_terminal and (line := block_line(event)):
            self._screen.say(line)

    def finish(self, view: View) -> None:
        """Draw the last dashboard, and print the summary."""
        if not self._screen.is_terminal:
            self._screen.draw(view)
        self._screen.finish(view, self._summary(view))

"""`--ui json`: a line of JSON for each refresh, and one for the end."""

from alerting.events import Event
from dashboard.json_view import json_line
from dashboard.screen import Screen
from dashboard.view import View


class JsonLines:
    """Writes Views where the console would draw them."""

    def __init__(self, screen: Screen, quiet: bool) -> None:
        """`quiet`: only the line for the end."""
        self._screen = screen
        self._quiet = quiet
        self.watches = not quiet

    def show(self, view: View, refreshed: bool) -> None:
        """A line for each bucket that has ended.

        Raises:
            OutputClosedError: nobody reads the output any more.
        """
        if refreshed and not self._quiet:
            self._screen.say(json_line(view))

    def event(self, event: Event) -> None:
        """Told by the next View."""

    def finish(self, view: View) -> None:
        """The last line.

        Raises:
            OutputClosedError: nobody reads the output any more.
        """
        self._screen.say(json_line(view, final=True))

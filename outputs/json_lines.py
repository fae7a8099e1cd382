"""`--ui json`: one line of JSON per refresh, and one for the end of the run."""

from typing import Protocol

from view.json_view import json_line
from view.outlet import Outlet
from view.view import View


class LinePrinter(Protocol):
    """Where the lines are written to."""

    def say(self, line: str) -> None:
        """Print one line."""


class JsonLines(Outlet):
    """Writes Views to where the console would draw them. A closed output raises what the printer raises."""

    def __init__(self, printer: LinePrinter, quiet: bool) -> None:
        """`quiet`: write only the last line."""
        self._printer = printer
        self._quiet = quiet
        self.watches = not quiet

    def show(self, view: View, refreshed: bool) -> None:
        """Write one line for each bucket that has ended."""
        if refreshed and not self._quiet:
            self._printer.say(json_line(view))

    def finish(self, view: View) -> None:
        """Write the last line."""
        self._printer.say(json_line(view, final=True))

"""Prints one JSON line per refresh, and one at the end of the run (`--ui json`)."""

from typing import Protocol

from view.json_view import json_line
from view.outlet import Outlet
from view.view import View


class LinePrinter(Protocol):
    """Whatever prints the lines."""

    def say(self, line: str) -> None:
        """Print one line."""


class JsonLines(Outlet):
    """Prints Views as JSON lines. Errors of the printer, such as a closed output, are passed on."""

    def __init__(self, printer: LinePrinter, quiet: bool) -> None:
        """If `quiet`, print only the last line."""
        self._printer = printer
        self._quiet = quiet
        self.watches = not quiet

    def show(self, view: View, refreshed: bool) -> None:
        """Print one line for each bucket that has ended."""
        if refreshed and not self._quiet:
            self._printer.say(json_line(view))

    def finish(self, view: View) -> None:
        """Print the last line."""
        self._printer.say(json_line(view, final=True))

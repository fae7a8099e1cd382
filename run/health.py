"""Prints a status summary at SIGUSR1: `kill -USR1 PID`, `systemctl kill -s USR1 http-monitor`.

It is printed on standard error. If that is the terminal of a dashboard, the summary is printed below it. Below the full
screen it appears once the screen is left.
"""

import contextlib
import signal
import sys
from collections.abc import Callable
from types import FrameType

from capture.core import decoder_name
from dashboard.screen import Screen
from dashboard.summary import standing
from view.outlet import Outlet
from view.view import View


class HealthAnswer(Outlet):
    """An outlet that prints a View on request. The signal only sets flags; the next View is printed."""

    def __init__(
        self,
        say: Callable[[str], None],
        want_view: Callable[[], None],
        locked: str = "",
        sending: Callable[[], str] = str,
    ) -> None:
        """Handle the signal from now on, and print with `say`. The signal calls `want_view`, so that the next View
        comes soon. `locked` is what the program locked down; `sending` returns how sending to a store stands.
        """
        self._sending = sending
        self._facts = f" Decoder   {decoder_name()}" + (f"\n Locked    {locked}" if locked else "")
        self._asked = False
        self._say = say
        self._want_view = want_view
        if hasattr(signal, "SIGUSR1"):
            signal.signal(signal.SIGUSR1, self._ask)

    def show(self, view: View, refreshed: bool) -> None:
        """Print the View if it was requested."""
        if self._asked:
            self._asked = False
            sending = self._sending()
            self._say(f"{standing(view)}\n{self._facts}" + (f"\n Store     {sending}" if sending else ""))

    def finish(self, view: View) -> None:
        """Print the last View if it was requested."""
        self.show(view, refreshed=True)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        self._want_view()


def voice(screen: Screen, keep: Callable[[str], None] | None) -> Callable[[str], None]:
    """Return a function that prints a text on standard error without spoiling a dashboard on the same terminal.

    `keep` does that for the full screen; it is None if another dashboard is shown.
    """
    if keep is not None:
        return keep
    return screen.leave_and_say if screen.is_terminal and sys.stderr.isatty() else _print


def _print(text: str) -> None:
    with contextlib.suppress(OSError):  # the reader may be gone
        print(text, file=sys.stderr, flush=True)

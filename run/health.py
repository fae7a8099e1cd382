"""SIGUSR1 asks how things stand: a few lines are printed, and nothing else changes.

As in `kill -USR1 PID` or `systemctl kill -s USR1 http-monitor`. The lines go to standard error. Where that is the
terminal of a dashboard they stand below it, and the full screen shows them among its notices.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from alerting.events import Event
from capture.core import decoder_name
from dashboard.screen import Screen
from dashboard.summary import standing
from dashboard.view import View


class HealthAnswer:
    """An outlet that speaks when it was asked. The signal only sets flags; the View that comes next is the answer."""

    watches = False

    def __init__(self, say: Callable[[str], None], want_view: Callable[[], None]) -> None:
        """Take the signal from here on, and answer by `say`. `want_view` is called at the signal, so that a View
        comes soon.
        """
        self._asked = False
        self._say = say
        self._want_view = want_view
        if hasattr(signal, "SIGUSR1"):
            signal.signal(signal.SIGUSR1, self._ask)

    def show(self, view: View, refreshed: bool) -> None:
        """Answer, if asked."""
        if self._asked:
            self._asked = False
            self._say(f"{standing(view)}\n Decoder   {decoder_name()}")

    def event(self, event: Event) -> None:
        """Not asked for."""

    def finish(self, view: View) -> None:
        """Whoever asked at the very end is answered too."""
        self.show(view, refreshed=True)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        self._want_view()


def voice(screen: Screen, full: bool) -> Callable[[str], None]:
    """What says something on standard error, or so that no dashboard is spoilt where that is its terminal.

    To be called before the full screen takes standard error over, which it does when `full`.
    """
    if not full:
        return screen.leave_and_say if screen.is_terminal and sys.stderr.isatty() else _print
    if sys.stderr.isatty():
        return _print
    kept = os.dup(sys.stderr.fileno())
    return lambda text: _write(kept, text)


def _print(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody may be listening any more
        print(text, file=sys.stderr, flush=True)


def _write(descriptor: int, text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(descriptor, f"{text}\n".encode())

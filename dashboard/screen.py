"""The terminal: draws Views in place on a terminal, and prints them one after another elsewhere.

It owns what it changes of the terminal (the cursor), and restores it on every way out, suspension included.
"""

import codecs
import contextlib
import os
import signal
import threading
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import TextIO

from dashboard.console import render
from view.outlet import OutputClosedError
from view.view import View

HOME, ERASE_REST_OF_LINE, ERASE_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
SAVE_CURSOR, RESTORE_CURSOR, LINE_START = "\x1b7", "\x1b8", "\r"
STOP_WRAPPING, WRAP = "\x1b[?7l", "\x1b[?7h"
WIDTH = 80
"""Columns to assume when neither a terminal nor COLUMNS says how many there are."""


class OutputError(OSError):
    """The output cannot be written to. The text is one line for the user."""


class Screen:
    """Draws dashboards and prints lines. Use it as a context manager."""

    def __init__(self, stream: TextIO, colour: bool | None = None, environ: Mapping[str, str] = os.environ) -> None:
        """`colour` None leaves the choice to NO_COLOR. Without a terminal there is never colour."""
        self._stream = stream
        self._environ = environ
        self.is_terminal = stream.isatty() and environ.get("TERM", "dumb") != "dumb"
        """Whether dashboards are drawn in place."""
        self.colour = self.is_terminal and (not environ.get("NO_COLOR") if colour is None else colour)
        # The fonts of the Linux console have few characters beyond ASCII.
        self.ascii_only = not _carries_unicode(stream.encoding) or environ.get("TERM") == "linux"
        self._drawn = False
        self._note = ""
        self._suspend_handler: object = None

    def __enter__(self) -> "Screen":
        """Prepare for suspension (Ctrl+Z); the terminal is left alone until the first drawing."""
        if self.is_terminal and threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGTSTP"):
            self._suspend_handler = signal.signal(signal.SIGTSTP, self._suspend)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the terminal. The last dashboard stays, with the cursor below it."""
        if self._suspend_handler is not None:
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            self._suspend_handler = None
        with contextlib.suppress(OutputClosedError):
            self.note("")
            self._leave()

    @property
    def width(self) -> int:
        """Return the columns of the terminal; without one, those of COLUMNS, or 80."""
        columns = self._environ.get("COLUMNS", "")
        return self._size()[0] if self.is_terminal else (int(columns) if columns.isdecimal() else 0) or WIDTH

    def draw(self, view: View) -> None:
        """Draw the View in place on a terminal, elsewhere below what was printed before.

        Raises:
            OutputClosedError: nobody reads the output any more.
        """
        if self.is_terminal:
            self._draw(view)
        else:
            self._print(self._render(view, self.width))

    def say(self, line: str) -> None:
        """Print one line that is not a dashboard.

        Raises:
            OutputClosedError: nobody reads the output any more.
        """
        self.note("")
        self._write(f"{line}\n")

    def send(self, text: str) -> None:
        """Send a control sequence that moves nothing on the terminal.

        Raises:
            OutputClosedError: nobody reads the output any more.
        """
        self._write(text)

    def note(self, text: str) -> None:
        """Show one temporary line: at the bottom of a dashboard, or where the next line would be. An empty text removes
        it.

        This happens on a terminal only, as nothing in a file is temporary.

        Raises:
            OutputClosedError: nobody reads the output any more.
        """
        if self.is_terminal and (text or self._note):
            self._note = text[: self.width - 1]
            self._write(self._at_bottom() if self._drawn else LINE_START + self._note + ERASE_REST_OF_LINE)

    def _at_bottom(self) -> str:
        """Return what draws the note on the last line and puts the cursor back."""
        return f"{SAVE_CURSOR}\x1b[{self._size()[1]}H{self._note}{ERASE_REST_OF_LINE}{RESTORE_CURSOR}"

    def leave_and_say(self, text: str) -> None:
        """Print lines that stay, and are not a dashboard; the next dashboard pushes them up.

        Raises:
            OutputClosedError: nobody reads the output any more.
        """
        self.note("")
        self._leave()
        self._write(f"{text}\n")

    def finish(self, view: View | None, text: str) -> None:
        """Print the last text. On a terminal the View, if given, is drawn again so that both fit on the screen.

        Raises:
            OutputClosedError: nobody reads the output any more.
        """
        self.note("")
        if self.is_terminal and view:
            self._draw(view, below=text.count("\n") + 3)
        separator = "\n" if self._drawn else ""
        self._leave()
        self._write(f"{separator}{text}\n")

    def _draw(self, view: View, below: int = 0) -> None:
        columns, lines = self._size()
        dashboard = self._render(view, columns, max(1, lines - below - bool(self._note)))
        # The first drawing pushes what is on the screen up, where the terminal's history keeps it.
        start = "" if self._drawn else (LINE_START + ERASE_REST_OF_LINE) * bool(self._note) + "\n" * lines
        self._drawn = True
        # The console leaves the last column free, so erasing the rest of a line never takes a character of it.
        body = dashboard.replace("\n", ERASE_REST_OF_LINE + "\r\n") + ERASE_REST_OF_LINE
        self._write(
            start
            + HIDE_CURSOR
            + STOP_WRAPPING
            + HOME
            + body
            + ERASE_BELOW
            + self._at_bottom() * bool(self._note)
            + WRAP
        )

    def _leave(self) -> None:
        """Put the cursor below the dashboard and show it."""
        if self.is_terminal and self._drawn:
            self._drawn = False
            self._write(WRAP + SHOW_CURSOR + "\n")

    def _print(self, text: str) -> None:
        separator = "\n" if self._drawn else ""
        self._drawn = True
        self._write(separator + text + "\n")

    def _render(self, view: View, width: int, height: int | None = None) -> str:
        return render(view, width, colour=self.colour, ascii_only=self.ascii_only, height=height)

    def _size(self) -> tuple[int, int]:
        """Return the current columns and lines; a terminal that does not know them says 0."""
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except OSError:
            size = os.terminal_size((0, 0))
        return size.columns or WIDTH, size.lines or 24

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError as error:
            self._silence()
            raise OutputClosedError from error
        except OSError as error:
            if not self.is_terminal:  # a full disk, say
                self._silence()
                raise OutputError(f"writing to the output failed: {error.strerror}") from error
            self._silence()
            raise OutputClosedError from error

    def _silence(self) -> None:
        """Discard the text that is still buffered, else the interpreter complains about it at exit."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def _suspend(self, number: int, frame: FrameType | None) -> None:
        """Give the shell its cursor back on Ctrl+Z. The next drawing after `fg` hides it again."""
        with contextlib.suppress(OSError):
            os.write(self._stream.fileno(), (WRAP + SHOW_CURSOR + "\r\n").encode())
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._suspend)


def _carries_unicode(encoding: str | None) -> bool:
    """Return whether every character can be written. A stream without an encoding keeps its text in memory."""
    if encoding is None:
        return True
    with contextlib.suppress(LookupError):
        return codecs.lookup(encoding).name.startswith(("utf", "gb18030"))
    return False

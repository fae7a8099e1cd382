"""The screen on a pseudo terminal, in files and in pipes."""

import contextlib
import errno
import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import pytest
from view_samples import ACTIVE, CALM

from dashboard.console import render
from dashboard.screen import Screen
from view.outlet import OutputClosedError

ROOT = Path(__file__).parents[2]
XTERM = {"TERM": "xterm-256color"}


class Terminal:
    """A pseudo terminal of a given size, that collects what is written to it."""

    def __init__(self, columns: int = 100, lines: int = 30) -> None:
        self.master, self._slave = pty.openpty()
        self.resize(columns, lines)
        self.stream: TextIO = os.fdopen(self._slave, "w", encoding="utf-8")
        self._seen = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(self.master, 65536):
                self._seen += piece

    def written(self) -> str:
        """All of it; closes the terminal."""
        self.stream.close()
        self._reader.join()
        os.close(self.master)
        return self._seen.decode().replace("\r\r\n", "\n").replace("\r\n", "\n")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", text)


def test_a_terminal_is_drawn_in_place_and_given_back() -> None:
    terminal = Terminal()
    with Screen(terminal.stream, environ=XTERM) as screen:
        screen.draw(CALM)
        screen.draw(CALM)
    written = terminal.written()
    before, first, second = written.split("\x1b[H")
    assert before == "\n" * 30 + "\x1b[?25l\x1b[?7l", "what was on the screen goes up, and is not overwritten"
    assert (
        plain(first) == plain(second.removesuffix("\x1b[?7h\x1b[?25h\n")) == render(CALM, 100, colour=False, height=30)
    )
    assert first.count("\x1b[K") == len(plain(first).splitlines()), "each line is erased behind its text"
    assert "\x1b[J" in first
    assert "\x1b[2J" not in written, "no clearing, so no flicker"
    assert written.endswith("\x1b[?25h\n"), "the cursor is back"


def test_what_shall_stay_stands_below_the_dashboard_and_goes_up_with_the_next() -> None:
    terminal = Terminal()
    with Screen(terminal.stream, environ=XTERM) as screen:
        screen.draw(CALM)
        screen.leave_and_say("one\ntwo")
        screen.draw(CALM)
    _, first, second = terminal.written().split("\x1b[H")
    assert first.endswith("\x1b[?25h\none\ntwo\n" + "\n" * 30 + "\x1b[?25l\x1b[?7l")
    assert plain(second).startswith(plain(first).partition("one")[0].rstrip()[:200])


def test_the_size_is_that_of_the_moment() -> None:
    terminal = Terminal(80, 24)
    with Screen(terminal.stream, environ=XTERM) as screen:
        screen.draw(CALM)
        terminal.resize(120, 40)
        screen.draw(CALM)
        assert screen.width == 120
    _, first, second = (plain(part) for part in terminal.written().split("\x1b[H"))
    assert first == render(CALM, 80, colour=False, height=24)
    assert second.strip() == render(CALM, 120, colour=False, height=40).strip()


def test_at_the_end_the_last_dashboard_and_the_summary_are_on_one_screen() -> None:
    terminal = Terminal(100, 30)
    with Screen(terminal.stream, environ=XTERM) as screen:
        screen.draw(CALM)
        screen.finish(CALM, "Captured 3\nRequests 1")
    last = plain(terminal.written().split("\x1b[H")[-1])
    assert last == render(CALM, 100, colour=False, height=26) + "\n\nCaptured 3\nRequests 1\n"
    assert len(last.splitlines()) < 30


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_cursor_comes_back_whatever_happens(error: type[BaseException]) -> None:
    terminal = Terminal()

    def fail_while_drawing() -> None:
        with Screen(terminal.stream, environ=XTERM) as screen:
            screen.draw(CALM)
            raise error

    with pytest.raises(error):
        fail_while_drawing()
    assert terminal.written().endswith("\x1b[?7h\x1b[?25h\n")


def test_a_screen_that_drew_nothing_writes_nothing() -> None:
    terminal = Terminal()
    with Screen(terminal.stream, environ=XTERM):
        pass
    assert terminal.written() == ""


@pytest.mark.parametrize(
    ("choice", "environ", "colour"),
    [
        (None, XTERM, True),
        (False, XTERM, False),
        (None, {**XTERM, "NO_COLOR": "1"}, False),
        (None, {**XTERM, "NO_COLOR": ""}, True),
        (True, {**XTERM, "NO_COLOR": "1"}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {}, False),
    ],
)
def test_the_choice_of_colour(choice: bool | None, environ: dict[str, str], colour: bool) -> None:
    terminal = Terminal()
    with Screen(terminal.stream, choice, environ) as screen:
        screen.draw(replace(CALM, alerts=(ACTIVE,)))
    assert screen.colour is colour
    assert ("\x1b[31m" in terminal.written()) is colour


def test_without_a_terminal_dashboards_follow_each_other_without_any_escape_code() -> None:
    stream = io.StringIO()
    with Screen(stream, True, {"TERM": "xterm"}) as screen:
        screen.draw(CALM)
        screen.draw(CALM)
        screen.finish(CALM, "Captured 3")
    dashboard = render(CALM, 80, colour=False)
    assert stream.getvalue() == f"{dashboard}\n\n{dashboard}\n\nCaptured 3\n"


def test_a_dumb_terminal_is_no_terminal() -> None:
    terminal = Terminal(70)
    with Screen(terminal.stream, environ={"TERM": "dumb"}) as screen:
        screen.draw(CALM)
    assert terminal.written() == render(CALM, 80, colour=False) + "\n"


@pytest.mark.parametrize(("columns", "width"), [("132", 132), ("", 80), ("0", 80), ("wide", 80)])
def test_columns_says_how_wide_where_no_terminal_does(columns: str, width: int) -> None:
    assert Screen(io.StringIO(), environ={"COLUMNS": columns}).width == width


@pytest.mark.parametrize(
    ("encoding", "ascii_only"), [("utf-8", False), ("ascii", True), ("latin-1", True), ("cp437", True)]
)
def test_what_the_encoding_cannot_carry_is_drawn_in_ascii(encoding: str, ascii_only: bool) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding)
    with Screen(stream, environ={}) as screen:
        screen.draw(CALM)
    assert screen.ascii_only is ascii_only
    assert written.getvalue().isascii() is ascii_only


@pytest.mark.parametrize(("terminal", "ascii_only"), [("linux", True), ("xterm-256color", False)])
def test_the_linux_console_is_drawn_in_ascii(terminal: str, ascii_only: bool) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8")
    assert Screen(stream, environ={"TERM": terminal}).ascii_only is ascii_only


def test_a_closed_pipe_ends_quietly() -> None:
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from view_samples import CALM\n"
        "from dashboard.screen import Screen\n"
        "from view.outlet import OutputClosedError\n"
        "try:\n"
        "    with Screen(sys.stdout) as screen:\n"
        "        while True: screen.draw(CALM)\n"
        "except OutputClosedError: sys.exit(7)\n"
    )
    command = [sys.executable, "-c", program, str(ROOT), str(ROOT / "tests" / "view")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.read(13) == b" HTTP monitor"
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 7


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_for_the_caller_to_report() -> None:
    with pytest.raises(OSError, match="No space left"), Screen(FullDisk(), environ={}) as screen:
        screen.draw(CALM)


def test_a_terminal_that_is_gone_closes_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()

    def fail(text: str) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with Screen(terminal.stream, environ=XTERM) as screen, monkeypatch.context() as patch:
        patch.setattr(screen, "_stream", _Writer(terminal.stream, fail))
        with pytest.raises(OutputClosedError):
            screen.draw(CALM)
    terminal.written()


class _Writer:
    """A stream whose writing is replaced."""

    def __init__(self, stream: TextIO, write: Any) -> None:
        self._stream = stream
        self.write = write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@pytest.fixture
def suspended() -> Iterator[list[int]]:
    yield []
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)


def test_suspension_gives_the_cursor_to_the_shell(monkeypatch: pytest.MonkeyPatch, suspended: list[int]) -> None:
    monkeypatch.setattr(os, "kill", lambda _process, number: suspended.append(number))
    terminal = Terminal()
    with Screen(terminal.stream, environ=XTERM) as screen:
        screen.draw(CALM)
        signal.raise_signal(signal.SIGTSTP)
        assert callable(signal.getsignal(signal.SIGTSTP)), "ready for the next time"
        screen.draw(CALM)
    assert suspended == [signal.SIGTSTP]
    assert signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
    assert terminal.written().count("\x1b[?25h") == 2


# Notes ----------------------------------------------------------------------------------------------------------------


def test_a_note_stands_below_the_dashboard_and_stays_with_the_next_one() -> None:
    terminal = Terminal(100, 20)
    with Screen(terminal.stream, environ=XTERM) as screen:
        screen.draw(CALM)
        screen.note("half of it is read")
        screen.draw(CALM)
    _, first, second = terminal.written().split("\x1b[H")
    assert first.endswith("\x1b7\x1b[20Hhalf of it is read\x1b[K\x1b8\x1b[?25l\x1b[?7l")
    assert "\x1b7\x1b[20Hhalf of it is read\x1b[K\x1b8" in second
    dashboard = plain(second.partition("\x1b7")[0])
    assert dashboard == render(CALM, 100, colour=False, height=19), "the last line is free for the note"


def test_a_note_by_itself_gives_way_to_what_stays() -> None:
    terminal = Terminal(100, 20)
    with Screen(terminal.stream, environ=XTERM) as screen:
        screen.note("10 %")
        screen.note("20 %")
        screen.say("an alert")
        screen.note("30 %")
        screen.finish(None, "the end")
    assert terminal.written() == "\r10 %\x1b[K\r20 %\x1b[K\r\x1b[Kan alert\n\r30 %\x1b[K\r\x1b[Kthe end\n"


def test_a_note_never_wraps() -> None:
    terminal = Terminal(30, 20)
    with Screen(terminal.stream, environ=XTERM) as screen:
        screen.note("x" * 100)
        screen.note("")
    assert terminal.written() == "\r" + "x" * 29 + "\x1b[K\r\x1b[K"


def test_there_are_no_notes_in_a_file() -> None:
    stream = io.StringIO()
    with Screen(stream) as screen:
        screen.note("10 %")
        screen.say("an alert")
    assert stream.getvalue() == "an alert\n"

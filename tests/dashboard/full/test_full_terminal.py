"""Whichever way the full screen ends, the terminal is as it was before."""

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pseudo_terminal import PseudoTerminal

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a terminal as Linux has it")
PROGRAM = [sys.executable, str(Path(__file__).with_name("full_program.py"))]
SHOWN = "Top hits by section"


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[PseudoTerminal]:
    terminal = PseudoTerminal([*PROGRAM, *getattr(request, "param", [])])
    yield terminal
    terminal.close()


def given_back(terminal: PseudoTerminal) -> bool:
    return terminal.attributes() == terminal.before and terminal.modes_left_on() == set()


def after_the_screen(terminal: PseudoTerminal) -> str:
    """What stands below the shell's command line, without escape sequences."""
    return re.sub(r"\x1b[\[>][?<>]?[0-9;]*[A-Za-z]", "", terminal.written.rpartition("\x1b[?1049l")[2])


@pytest.mark.parametrize("keys", ["q", "\x03"], ids=["q", "Ctrl+C"])
def test_leaving(terminal: PseudoTerminal, keys: str) -> None:
    terminal.wait_for(SHOWN)
    assert not given_back(terminal), "the full screen is up"
    terminal.press(keys)
    assert terminal.end() == 0
    assert given_back(terminal)
    assert "the summary" in after_the_screen(terminal)


def test_the_title_says_what_is_watched_and_is_restored(terminal: PseudoTerminal) -> None:
    terminal.wait_for("\x1b[22;2t\x1b]2;HTTP monitor test\a")
    terminal.wait_for(SHOWN)
    terminal.press("q")
    assert terminal.end() == 0
    assert terminal.written.count("\x1b[23;2t") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal(terminal: PseudoTerminal, number: signal.Signals) -> None:
    terminal.wait_for(SHOWN)
    terminal.process.send_signal(number)
    assert terminal.end() == 0
    assert given_back(terminal)
    assert "the summary" in after_the_screen(terminal)


@pytest.mark.parametrize("terminal", [["crash"]], indirect=True)
def test_a_crash(terminal: PseudoTerminal) -> None:
    assert terminal.end() == 1
    assert given_back(terminal)
    assert "RuntimeError: the steps broke" in after_the_screen(terminal)


@pytest.mark.parametrize("by_key", [True, False], ids=["Ctrl+Z", "SIGTSTP"])
def test_suspension(terminal: PseudoTerminal, by_key: bool) -> None:
    terminal.wait_for(SHOWN)
    if by_key:
        terminal.press("\x1a")
    else:
        terminal.process.send_signal(signal.SIGTSTP)
    terminal.wait_until_stopped()
    written = terminal.wait_for("\x1b[?1049l")
    assert given_back(terminal), "the shell has its terminal"
    terminal.process.send_signal(signal.SIGCONT)
    terminal.wait_for("\x1b[?1049h", after=written)
    terminal.wait_for(SHOWN, after=written)
    terminal.press("q")
    assert terminal.end() == 0
    assert given_back(terminal)


def test_complaints_are_shown_on_the_screen_and_printed_when_it_is_left(terminal: PseudoTerminal) -> None:
    terminal.wait_for("! a library complains")
    terminal.press("q")
    terminal.end()
    assert "a library complains" in after_the_screen(terminal)


def test_what_something_else_wrote_over_is_drawn_anew_when_asked(terminal: PseudoTerminal) -> None:
    terminal.wait_for(SHOWN)
    terminal.press("h")
    written = terminal.wait_for("Health")
    terminal.press("\x0c")
    terminal.wait_for("Health", after=written)


def test_it_is_drawn_anew_when_the_size_changes(terminal: PseudoTerminal) -> None:
    written = terminal.wait_for(SHOWN)
    terminal.resize(130, 45)
    terminal.process.send_signal(signal.SIGWINCH)
    terminal.wait_for("trend", after=written)
    written = len(terminal.written)
    terminal.resize(50, 12)
    terminal.process.send_signal(signal.SIGWINCH)
    terminal.wait_for("The terminal is too small: 50x12.", after=written)
    terminal.press("q")
    assert terminal.end() == 0


def test_a_size_that_the_environment_claims_means_nothing() -> None:
    terminal = PseudoTerminal(PROGRAM, columns=120, lines=40, environ={"COLUMNS": "80", "LINES": "24"})
    terminal.wait_for("Top hits by user agent")
    terminal.press("q")
    assert terminal.end() == 0
    terminal.close()


def test_in_another_locale_all_is_ascii() -> None:
    terminal = PseudoTerminal(PROGRAM, environ={"LC_ALL": "C"})
    terminal.wait_for(SHOWN)
    terminal.press("q")
    terminal.end()
    terminal.close()
    assert terminal.written.isascii()


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "vt100"}])
def test_colours(environ: dict[str, str]) -> None:
    terminal = PseudoTerminal(PROGRAM, environ=environ)
    terminal.wait_for(SHOWN)
    terminal.press("q")
    terminal.end()
    terminal.close()
    codes = {code for found in re.findall(r"\x1b\[([0-9;]*)m", terminal.written) for code in found.split(";")}
    sixteen = {str(code) for base in (30, 40, 90, 100) for code in range(base, base + 8)}
    coloured = codes & (sixteen | {"38", "48"})
    if "NO_COLOR" in environ:
        assert coloured == set()
        assert {"1", "7"} <= codes, "bold and reversed text tell the same"
    else:
        assert coloured, "16 colours"
        assert not codes & {"38", "48"}

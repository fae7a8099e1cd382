"""The terminal of the full screen: what it can show, and how it is restored on every way out.

This is an I/O edge.
"""

import codecs
import contextlib
import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple, cast

import rich
import textual
import textual.layouts
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from dashboard.attention import Attention
from dashboard.full.app import FullScreen, StopFlag
from dashboard.full.complaints import Complaints
from dashboard.full.desk import Desk
from dashboard.full.paint import Appearance, first_palette
from view.exchange_line import Discretion

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)
"""Signals whose handlers are ours while the screen is up."""

MISUNDERSTOOD = ("NO_COLOR", "COLUMNS", "LINES")
"""Environment variables to hide from Textual. Our themes obey NO_COLOR, with which Textual would paint all in black.
COLUMNS and LINES may be out of date, and Textual would lay out the screen for both sizes, again and again.
"""


class Devices(NamedTuple):
    """Holds the descriptors to draw on and to read keys from."""

    screen: int
    """Descriptor of standard output, which is a terminal."""
    keyboard: int


class Told(NamedTuple):
    """What the user is told besides what the desk knows."""

    complaints: Complaints
    attention: Attention


def load_everything() -> None:
    """Import the public modules of Textual and Rich, and the table of character widths, as some are imported only when
    they are needed.
    """
    for package in (textual, rich):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            _load(module.name)
    for module in pkgutil.iter_modules(textual.layouts.__path__, "textual.layouts."):
        _load(module.name)
    cell_len("\N{CJK UNIFIED IDEOGRAPH-65E5}")


def _load(name: str) -> None:
    """Import a module unless it is private (some of these are programs), a demo, or for another system."""
    last = name.rpartition(".")[2]
    if not last.startswith("_") and last not in ("demo", "diagnose"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def carries_unicode(environ: Mapping[str, str] = os.environ, encoding: str | None = None) -> bool:
    """Return whether the locale is one of UTF-8, as the terminal is expected to follow it.

    The Linux console does too, but its fonts have few characters beyond ASCII. Python treats the C locale as UTF-8
    (PEP 540), so the locale is read here as the C library reads it.
    """
    if environ.get("TERM") == "linux":
        return False
    name = next((value for key in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(key))), "C")
    with contextlib.suppress(LookupError):
        own = codecs.lookup(encoding).name if encoding else "utf-8"
        return own.startswith("utf") and "utf8" in name.lower().replace("-", "")
    return False


def light_background(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the terminal says that its background is light: `0;15` is black on white."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")


def colours(environ: Mapping[str, str] = os.environ) -> ColorSystem | None:
    """Return how many colours the terminal has."""
    seen = {key: value for key, value in environ.items() if key != "NO_COLOR"}
    name = Console(force_terminal=True, file=None, _environ=seen).color_system
    return (
        None
        if name is None
        else {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT}.get(name, ColorSystem.TRUECOLOR)
    )


def first_appearance(
    colour: bool | None, discretion: Discretion, environ: Mapping[str, str] = os.environ
) -> Appearance:
    """Choose the characters and the theme that suit the terminal; `colour` None leaves the choice to NO_COLOR."""
    wanted = not environ.get("NO_COLOR") if colour is None else colour
    palette = first_palette(wanted, colours(environ), light_background(environ))
    return Appearance(not carries_unicode(environ, sys.stdout.encoding), None, palette, discretion)


def watch_on_screen(
    desk: Desk,
    steps: Generator[float, None, Any],
    stop: StopFlag,
    appearance: Appearance,
    stays: bool,
    told: Told,
) -> Any:
    """Take the steps with the full screen up, and return what they returned. `stays`: after the last step, wait until
    the user quits.

    Standard error goes to the complaints of `told` meanwhile.

    Raises:
        BaseException: whatever broke the steps or the screen; the terminal was restored before.
    """
    with contextlib.ExitStack() as stack:
        stack.callback(steps.close)
        stack.enter_context(_kept_handlers())
        devices = stack.enter_context(_devices())
        output = stack.enter_context(os.fdopen(os.dup(devices.screen), "w", encoding="utf-8", errors="replace"))
        stack.enter_context(_without(MISUNDERSTOOD))
        app = FullScreen(desk, steps, stop, appearance, stays, _driver(devices, output), told.complaints.latest)
        told.attention.start(app.send)
        stack.callback(told.attention.stop, lambda text: print(text, end="", file=output, flush=True))
        ending = app.run()
        if app.error is not None:
            raise app.error
    return ending


def _driver(devices: Devices, output: IO[str]) -> type[LinuxDriver]:
    """Make a driver for these devices. Textual's own draws on standard error and reads standard input."""

    class TerminalDriver(LinuxDriver):
        def __init__(
            self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
        ) -> None:
            super().__init__(app, debug=debug, mouse=mouse, size=size)
            self._file = cast(Any, output)  # typed as the standard error that it stands for
            self.fileno = devices.keyboard
            self.input_tty = True

        def _get_terminal_size(self) -> tuple[int, int]:
            """Return the current size of the terminal, whatever COLUMNS and LINES say."""
            try:
                columns, lines = os.get_terminal_size(devices.screen)
            except OSError:
                columns, lines = 0, 0
            return columns or 80, lines or 24

    return TerminalDriver


@contextlib.contextmanager
def _devices() -> Iterator[Devices]:
    """Find the devices. If standard input is not a terminal, keys come from the terminal itself, as in `less`."""
    screen = sys.stdout.fileno()
    if sys.stdin is not None and sys.stdin.isatty():
        yield Devices(screen, sys.stdin.fileno())
        return
    keyboard = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    try:
        yield Devices(screen, keyboard)
    finally:
        os.close(keyboard)


@contextlib.contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    """Hide these environment variables."""
    values = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(values)


@contextlib.contextmanager
def _kept_handlers() -> Iterator[None]:
    """Restore the signal handlers afterwards."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

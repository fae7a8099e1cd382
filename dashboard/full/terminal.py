"""The terminal of the full screen: what it can show, and that it is given back as it was on every way out.

An I/O edge.
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

from dashboard.full.app import FullScreen, Stop
from dashboard.full.complaints import Complaints
from dashboard.full.desk import Desk
from dashboard.full.palette import first_palette
from dashboard.full.setting import Setting
from view.exchange_line import Discretion

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)
"""Whose handlers are ours while the screen is up."""

MISUNDERSTOOD = ("NO_COLOR", "COLUMNS", "LINES")
"""Environment variables that Textual should not see. Our themes obey the first, it would paint all in black; the others
are a size that the terminal may not have any more, and it would lay out the screen for both, again and again."""


class Devices(NamedTuple):
    """What is drawn on, and where keys come from."""

    screen: int
    """File descriptor of standard output, which is a terminal."""
    keyboard: int


def load_everything() -> None:
    """Import the public modules of Textual and Rich, and the widths of characters: some are imported only when they are
    first needed.
    """
    for package in (textual, rich):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            _load(module.name)
    for module in pkgutil.iter_modules(textual.layouts.__path__, "textual.layouts."):
        _load(module.name)
    cell_len("\N{CJK UNIFIED IDEOGRAPH-65E5}")


def _load(name: str) -> None:
    """Unless it is private (some of these are programs), a demonstration, or of another system."""
    last = name.rpartition(".")[2]
    if not last.startswith("_") and last not in ("demo", "diagnose"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def carries_unicode(environ: Mapping[str, str] = os.environ, encoding: str | None = None) -> bool:
    """Whether the locale is one of UTF-8, as the terminal is asked to follow it.

    Python takes the C locale for UTF-8 as well (PEP 540), so that one is read here as the C library reads it.
    """
    name = next((value for key in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(key))), "C")
    with contextlib.suppress(LookupError):
        own = codecs.lookup(encoding).name if encoding else "utf-8"
        return own.startswith("utf") and "utf8" in name.lower().replace("-", "")
    return False


def light_background(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal says that its background is light: `0;15` is black on white."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")


def colours(environ: Mapping[str, str] = os.environ) -> ColorSystem | None:
    """How many colours the terminal has."""
    seen = {key: value for key, value in environ.items() if key != "NO_COLOR"}
    name = Console(force_terminal=True, file=None, _environ=seen).color_system
    return (
        None
        if name is None
        else {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT}.get(name, ColorSystem.TRUECOLOR)
    )


def first_setting(colour: bool | None, discretion: Discretion, environ: Mapping[str, str] = os.environ) -> Setting:
    """Characters and theme that suit the terminal; `colour` None leaves it to NO_COLOR."""
    wanted = not environ.get("NO_COLOR") if colour is None else colour
    palette = first_palette(wanted, colours(environ), light_background(environ))
    return Setting(not carries_unicode(environ, sys.stdout.encoding), None, palette, discretion)


def watch_on_screen(
    desk: Desk,
    steps: Generator[float, None, Any],
    stop: Stop,
    setting: Setting,
    stays: bool,
    complaints: Complaints,
) -> Any:
    """Take the steps with the full screen up; what they returned. `stays`: until the user leaves, after the last one.

    `complaints` is what standard error goes to meanwhile.

    Raises:
        BaseException: whatever broke the steps or the screen; the terminal was given back before.
    """
    with contextlib.ExitStack() as stack:
        stack.callback(steps.close)
        stack.enter_context(_kept_handlers())
        devices = stack.enter_context(_devices())
        output = stack.enter_context(os.fdopen(os.dup(devices.screen), "w", encoding="utf-8", errors="replace"))
        stack.enter_context(_without(MISUNDERSTOOD))
        app = FullScreen(desk, steps, stop, setting, stays, _driver(devices, output), complaints.latest)
        ending = app.run()
        if app.error is not None:
            raise app.error
    return ending


def _driver(devices: Devices, output: IO[str]) -> type[LinuxDriver]:
    """A driver for these devices. Textual's own draws on standard error, and reads standard input."""

    class TerminalDriver(LinuxDriver):
        def __init__(
            self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
        ) -> None:
            super().__init__(app, debug=debug, mouse=mouse, size=size)
            self._file = cast(Any, output)  # typed as the standard error that it stands for
            self.fileno = devices.keyboard
            self.input_tty = True

        def _get_terminal_size(self) -> tuple[int, int]:
            """That of the terminal, whatever COLUMNS and LINES say: it changes."""
            try:
                columns, lines = os.get_terminal_size(devices.screen)
            except OSError:
                columns, lines = 0, 0
            return columns or 80, lines or 24

    return TerminalDriver


@contextlib.contextmanager
def _devices() -> Iterator[Devices]:
    """Keys come from the terminal itself where standard input is none, as with `less`."""
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
    """As if those environment variables were not set."""
    values = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(values)


@contextlib.contextmanager
def _kept_handlers() -> Iterator[None]:
    """Signals mean afterwards what they meant before."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

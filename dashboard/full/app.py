"""The full-screen app: it takes the steps of the capture, and draws between them.

One loop owns all state: Textual's, in the main thread.
"""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen
from textual.theme import Theme

from dashboard.full.desk import Desk
from dashboard.full.main_screen import MainScreen
from dashboard.full.paint import COLOURED, PLAIN, Appearance, Palette, next_palette
from dashboard.full.program_screen import ProgramScreen
from dashboard.full.state import ScreenState
from dashboard.full.text_screens import HelpScreen

REFRESH = 1.0
"""Shortest time between two drawings, in seconds."""
SHARE = 0.03
"""Share of a processor that building Views may take. When drawing is expensive, the next one waits longer."""


class StopFlag(Protocol):
    """Tells the steps to end."""

    def set(self) -> None:
        """Ask for the end."""

    def is_set(self) -> bool:
        """Return whether the end was asked for."""


class FullScreen(App[Any]):
    """Runs until the steps end or the user quits, and returns what the steps returned."""

    CSS = Path(__file__).with_name("full.tcss").read_text(encoding="utf-8")  # now: later it may be out of our reach
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = []

    def __init__(
        self,
        desk: Desk,
        steps: Generator[float, None, Any],
        stop: StopFlag,
        appearance: Appearance,
        stays: bool = False,
        driver: type[Driver] | None = None,
        complaints: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """Each of the `steps` yields the seconds to wait for the next one. `stays`: keep the screen after the last one.

        `complaints` returns the lines for the user that are new since the last call.
        """
        super().__init__(driver_class=driver)
        # A file is shown as a whole; live, all that is kept is soon more than anyone looks at.
        self.state = ScreenState(desk, appearance, desk.windows[-1 if stays else -2], self.wake, complaints)
        self.error: BaseException | None = None
        """The exception that ended the steps or the screen."""
        self._steps = steps
        self._stop = stop
        self._stays = stays
        self._ending: Any = None
        self._woken = asyncio.Event()
        self._busy = False
        """Whether the desk has work to do for a filter or a detail."""
        self._pace = REFRESH
        self._drawn_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._unsent: list[str] = []
        for palette in (*COLOURED, PLAIN):
            self.register_theme(_theme(palette))
        self.theme = appearance.palette.name

    def get_default_screen(self) -> Screen[Any]:
        """Start with the main screen."""
        return MainScreen(self.state)

    def on_ready(self) -> None:
        """Take the first step. Signals must wake the loop, as Textual would sleep until the next step."""
        self.begin_capture_print(self)
        for text in self._unsent:
            self.send(text)
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self.action_leave)
        self._task = asyncio.create_task(self._drive())

    # Steps ----------------------------------------------------------------------------------------------------------

    async def _drive(self) -> None:
        """Take all steps and draw between them; then leave, or stay until the user quits."""
        try:
            await self._take_steps()
            while self._stays and not self._stop.is_set():
                await self._draw_and_wait(REFRESH)
        except Exception as error:  # raised again once the terminal is restored
            self.error = error
        self.exit(self._ending)

    async def _take_steps(self) -> None:
        while True:
            try:
                pause = next(self._steps)
            except StopIteration as end:
                self._ending = end.value
                return
            await self._draw_and_wait(pause)

    async def _draw_and_wait(self, pause: float) -> None:
        """Work for a filter or a detail, draw if it is time, then wait until something is due."""
        busy = self.state.desk.work()
        finished, self._busy = self._busy and not busy, busy
        if finished and self.state.frozen:
            self.show()  # a detail that was opened meanwhile
        if finished or asyncio.get_running_loop().time() - self._drawn_at >= self._pace:
            self.refresh_scene()
        if busy or pause <= 0:
            await asyncio.sleep(0)
            return
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._woken.wait(), pause)
        self._woken.clear()

    def wake(self) -> None:
        """End the current pause: there is work to do."""
        self._busy = True
        self._woken.set()

    # Drawing --------------------------------------------------------------------------------------------------------

    def refresh_scene(self) -> None:
        """Take a new scene and show it, and wait the longer for the next one the more time this took."""
        self._drawn_at = asyncio.get_running_loop().time()
        started = time.thread_time()
        self.state.refresh()
        if not self.state.frozen:
            self.show()
            self._pace = max(REFRESH, (time.thread_time() - started) / SHARE)

    def show(self) -> None:
        """Show the scene on the current screen."""
        if isinstance(self.screen, ProgramScreen) and self.screen.ready and self.state.scene is not None:
            self.screen.show_scene(self.state.scene)

    def send(self, text: str) -> None:
        """Send a control sequence to the terminal, once it is ours."""
        if self._driver is None or not self.is_running:
            self._unsent.append(text)
        else:
            self._driver.write(text)

    def on_print(self, event: events.Print) -> None:
        """Show what any part of the program prints with the health, where it does not spoil the display."""
        self.state.warn(event.text.splitlines())

    # Keys -----------------------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Stop the capture; the last step ends the app."""
        self._stop.set()
        self.wake()

    def action_help(self) -> None:
        """Show the keys of the current screen."""
        if isinstance(self.screen, ProgramScreen):
            self.push_screen(HelpScreen(self.state, self.screen.keys()))

    def action_theme(self) -> None:
        """Switch to the next theme."""
        self.state.appearance.palette = next_palette(self.state.appearance.palette)
        self.theme = self.state.appearance.palette.name
        if isinstance(self.screen, ProgramScreen):
            self.screen.draw()

    def action_redraw(self) -> None:
        """Redraw everything, changed or not."""
        self.screen.refresh()

    def action_freeze(self) -> None:
        """Pause or resume the display."""
        self.state.frozen = not self.state.frozen
        self.refresh_scene()
        self.show()

    def action_window(self, by: int) -> None:
        """Switch to the next or the previous window of time."""
        windows = self.state.desk.windows
        self.state.look_at(windows[(windows.index(self.state.window) + by) % len(windows)])
        self.show()

    # Ways out -------------------------------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        """Keep the exception of the screen. Textual would print all variables, and with them text from the wire."""
        self.error = self._exception
        self._close_messages_no_wait()


_OF_TERMINAL = {
    "ansi-background": "ansi_default",
    "ansi-foreground": "ansi_default",
    "border-blurred": "ansi_default",
    "input-cursor-background": "ansi_default",
    "input-cursor-foreground": "ansi_default",
    "input-cursor-text-style": "reverse",
    "input-selection-background": "ansi_default",
    "input-selection-foreground": "ansi_default",
}
"""Variables for which Textual would mix colours, which a terminal's own colours cannot be."""


def _theme(palette: Palette) -> Theme:
    """Return a theme for the few parts that Textual draws itself: the filter input, and empty space."""

    def colour(name: str) -> str:
        return name if name.startswith("#") else f"ansi_{name}"

    own = palette.foreground.startswith("#")
    return Theme(
        palette.name,
        primary=colour(palette.accent),
        foreground=colour(palette.foreground),
        background=colour(palette.background),
        surface=colour(palette.background),
        error=colour(palette.error),
        panel=colour(palette.background),
        boost=colour(palette.background),
        dark=palette.dark,
        ansi=not own,
        variables={} if own else _OF_TERMINAL,
    )

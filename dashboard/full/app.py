"""The full-screen program: it takes the steps of the capture, and shows how things stand after them.

One loop owns all state: that of Textual, in the main thread. Between two steps it draws, and obeys keys.
"""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen
from textual.theme import Theme

from dashboard.full.desk import Desk, Scene
from dashboard.full.main_screen import MainScreen
from dashboard.full.paint import ScreenPage
from dashboard.full.palette import COLOURED, PLAIN, Palette, next_palette
from dashboard.full.part import Part
from dashboard.full.setting import Setting
from dashboard.full.text_screens import HelpScreen

REFRESH = 1.0
"""Seconds between two pictures, at least."""
SHARE = 0.03
"""Of a processor, that making pictures may take: where one takes long, the next one waits."""
LIST = 500
"""Exchanges of the live list."""
SLOWEST = 100
NOTICES = 20
"""Lines that the program complained with, the latest ones."""


class Stop(Protocol):
    """What says that the program is to end."""

    def set(self) -> None:
        """It is."""

    def is_set(self) -> bool:
        """Whether it is."""


class FullScreen(App[Any]):
    """Runs until the steps end, or the user leaves; returns what the steps returned."""

    CSS = Path(__file__).with_name("full.tcss").read_text(encoding="utf-8")  # now: later it may be out of our reach
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = []

    def __init__(
        self,
        desk: Desk,
        steps: Generator[float, None, Any],
        stop: Stop,
        setting: Setting,
        stays: bool = False,
        driver: type[Driver] | None = None,
        complaints: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """`steps` yield the seconds to wait until the next one. `stays`: the screen stays after the last one.

        `complaints` are lines for the user's eye that came since they were asked for last.
        """
        super().__init__(driver_class=driver)
        self.desk = desk
        self.setting = setting
        self.scene: Scene | None = None
        self.window = desk.windows[-1 if stays else -2]  # all of a file; what is live is soon more than one looks at
        self.frozen = False
        self.filter_text = ""
        self.looked_for = ""
        """Text that rows are looked through for, in lower case."""
        self.notices: Sequence[str] = ()
        self.error: BaseException | None = None
        """What broke the steps, or the screen."""
        self._steps = steps
        self._stop = stop
        self._stays = stays
        self._complaints = complaints
        self._ending: Any = None
        self._woken = asyncio.Event()
        self._busy = False
        self._pace = REFRESH
        self.long_panels: Collection[str] = ()
        """Of which more rows are wanted than fit on the screen."""
        self._drawn_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        for palette in (*COLOURED, PLAIN):
            self.register_theme(_theme(palette))
        self.theme = setting.palette.name

    def get_default_screen(self) -> Screen[Any]:
        """The screen to begin with."""
        return MainScreen()

    def on_ready(self) -> None:
        """Begin with the steps. Signals end them: Textual's loop would else sleep on until the next one."""
        self.begin_capture_print(self)
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self.action_leave)
        self._task = asyncio.create_task(self._drive())

    # Steps ----------------------------------------------------------------------------------------------------------

    async def _drive(self) -> None:
        """Take all steps and draw between them; then leave, or stay to look around."""
        try:
            await self._take_steps()
            while self._stays and not self._stop.is_set():
                await self._draw_and_wait(REFRESH)
        except Exception as error:  # whatever it is, it is raised again when the terminal is given back
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
        """Do what there is to do for a filter or a detail, draw if it is time, then wait until something is due."""
        busy = self.desk.work()
        finished, self._busy = self._busy and not busy, busy
        if finished and self.frozen:
            self.show()  # the detail that was opened since
        if finished or asyncio.get_running_loop().time() - self._drawn_at >= self._pace:
            self.refresh_scene()
        if busy or pause <= 0:
            await asyncio.sleep(0)
            return
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._woken.wait(), pause)
        self._woken.clear()

    def wake(self) -> None:
        """There is something to do: do not wait for the next step."""
        self._busy = True
        self._woken.set()

    # The scene ------------------------------------------------------------------------------------------------------

    def refresh_scene(self) -> None:
        """Ask how things stand, unless the screen is frozen, and show it."""
        self._drawn_at = asyncio.get_running_loop().time()
        if new := [line for line in self._complaints() if line.strip()]:
            self.notices = (*self.notices, *new)[-NOTICES:]
        if self.frozen:
            return
        started = time.thread_time()
        view = self.desk.view(self.window, self.long_panels)
        if view is not None:
            self.scene = Scene(view, lambda: self.desk.latest(LIST), lambda: self.desk.slowest(SLOWEST))
            self.show()
        self._pace = max(REFRESH, (time.thread_time() - started) / SHARE)

    def show(self) -> None:
        """Show the scene on the screen that is seen."""
        if isinstance(self.screen, Part) and self.screen.ready and self.scene is not None:
            self.screen.show_scene(self.scene)

    def page(self, width: int, height: int | None = None) -> ScreenPage:
        """So much room to write on."""
        return ScreenPage(max(1, width), height, self.setting.ascii_only, self.setting.zone)

    def set_filter(self, text: str) -> None:
        """Show only what it lets through; it was checked before. What was frozen is not what it shows."""
        if text != self.filter_text:
            self.frozen = False
            self.desk.set_filter(text)
            self.filter_text = text
            self.looked_for = sought(text)
            self.wake()

    def on_print(self, event: events.Print) -> None:
        """What any part of the program says: it is kept off the picture, and shown in the line of health."""
        lines = [line for line in event.text.splitlines() if line.strip()]
        self.notices = (*self.notices, *lines)[-NOTICES:]

    # Keys -----------------------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """End the capture; the last step says so."""
        self._stop.set()
        self.wake()

    def action_help(self) -> None:
        """The keys of this screen."""
        if isinstance(self.screen, Part):
            self.push_screen(HelpScreen(self.screen.keys()))

    def action_theme(self) -> None:
        """The next theme."""
        self.setting.palette = next_palette(self.setting.palette)
        self.theme = self.setting.palette.name
        if isinstance(self.screen, Part):
            self.screen.draw()

    def action_redraw(self) -> None:
        """Draw also what has not changed."""
        self.screen.refresh()

    def action_freeze(self) -> None:
        """Keep the picture as it is, or let it go on."""
        self.frozen = not self.frozen
        self.refresh_scene()
        self.show()

    def action_window(self, by: int) -> None:
        """Another window of time, for everything."""
        windows = self.desk.windows
        self.look_at(windows[(windows.index(self.window) + by) % len(windows)])

    def look_at(self, window: float) -> None:
        """Show this window of time."""
        self.window = window
        self.frozen = False
        self.refresh_scene()

    # Ways out -------------------------------------------------------------------------------------------------------

    def _fatal_error(self) -> None:
        """A fault of the screen. Textual would print all variables, and with them text from the wire."""
        self.error = self._exception
        self._close_messages_no_wait()


def sought(text: str) -> str:
    """The text of a filter that rows are looked through for: the value of its last term."""
    words = [word for word in text.lower().split() if word not in ("and", "or", "not", "(", ")")]
    return words[-1].strip("()\"'").rpartition(":")[2].rpartition("=")[2].strip("^$\"'") if words else ""


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
"""Where Textual would mix colours, which those of a terminal cannot be."""


def _theme(palette: Palette) -> Theme:
    """For the few parts that Textual draws itself: the line that is typed into, and what is empty."""

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

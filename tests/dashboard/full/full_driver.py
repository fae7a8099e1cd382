"""Drives the full screen without a terminal: keys in, and what is on the screen out."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from datetime import timezone
from typing import Any

from full_desk import Ledger, burst
from textual import events
from textual.pilot import Pilot

from dashboard.full.app import FullScreen
from dashboard.full.main_screen import MainScreen
from dashboard.full.marks import Marks
from dashboard.full.paint import DARK, Appearance, Palette
from dashboard.full.table_pane import TablePane


class Driven:
    """A full screen that is up, and the ledger behind it."""

    def __init__(self, app: FullScreen, pilot: Pilot[Any], ledger: Ledger) -> None:
        self.app = app
        self.pilot = pilot
        self.ledger = ledger

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until all that they caused is done."""
        for key in keys:
            await self.pilot.press(key)
        await self.settle()

    async def type(self, text: str) -> None:
        """Press the keys of a text without a pause, however slow the machine is, and wait until it is applied."""
        for character in text:
            self.app.post_message(events.Key(character, character))
        await self.pilot.pause(0.3)
        await self.settle()

    async def settle(self) -> None:
        """Let the loop take its steps until nothing is left to do."""
        for _ in range(3):
            await self.pilot.pause(0.03)

    async def refresh(self) -> None:
        """As when a second has gone by."""
        self.app.refresh_scene()
        await self.settle()

    @property
    def main(self) -> MainScreen:
        assert isinstance(self.app.screen, MainScreen)
        return self.app.screen

    @property
    def pane(self) -> TablePane:
        """The one that the keys are for."""
        assert self.main.pane is not None
        return self.main.pane

    def lines(self) -> list[str]:
        """What is on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    def text(self) -> str:
        return "\n".join(self.lines())


def steps(stop: threading.Event) -> Generator[float, None, str]:
    """A capture in which nothing happens."""
    while not stop.is_set():
        yield 0.01
    return "the end"


def drive(
    scenario: Callable[[Driven], Awaitable[None]],
    ledger: Ledger | None = None,
    size: tuple[int, int] = (100, 40),
    ascii_only: bool = False,
    palette: Palette = DARK,
    marks: Marks | None = None,
    **options: Any,
) -> FullScreen:
    """Play a scenario; the full screen after it."""
    stop, ledger = threading.Event(), ledger or burst()
    appearance = Appearance(ascii_only, timezone.utc, palette, marks=marks or Marks())
    app = FullScreen(ledger.desk, options.pop("steps", steps(stop)), stop, appearance, **options)

    async def play() -> None:
        async with app.run_test(size=size) as pilot:
            driven = Driven(app, pilot, ledger)
            await driven.settle()
            await scenario(driven)

    asyncio.run(play())
    return app

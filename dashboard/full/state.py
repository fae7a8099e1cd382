"""What all screens share: the current scene, and how the user looks at it. The app owns it and hands it out. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence

from dashboard.full.desk import Desk, Scene
from dashboard.full.paint import Appearance, ScreenPage

LATEST = 500
"""Exchanges in the live list."""
SLOWEST = 100
"""Exchanges in the list of the slowest."""
WARNINGS = 20
"""Lines kept of what the program itself complained about, latest last."""


class ScreenState:
    """Holds the scene, the window of time, the filter, and whether the display is paused."""

    def __init__(
        self,
        desk: Desk,
        appearance: Appearance,
        window: float,
        wake: Callable[[], None],
        complaints: Callable[[], Sequence[str]],
    ) -> None:
        """`wake` ends the app's pause, as there is work to do; `complaints` returns new lines for the user."""
        self.desk = desk
        self.wake = wake
        self.appearance = appearance
        self.window = window
        """Seconds that are shown."""
        self.scene: Scene | None = None
        """None before the first packet."""
        self.frozen = False
        self.filter_text = ""
        self.sought = ""
        """Text to look for in the rows, in lower case."""
        self.warnings: Sequence[str] = ()
        self.long_panels: Collection[str] = ()
        """Panels of which more rows are wanted than fit on the screen."""
        self._complaints = complaints

    def page(self, width: int, height: int | None = None) -> ScreenPage:
        """Return a page of this size in the characters and the time zone of the screen."""
        return ScreenPage(max(1, width), height, self.appearance.ascii_only, self.appearance.zone)

    def refresh(self) -> None:
        """Ask the desk for a new scene, unless the display is paused."""
        self.warn(self._complaints())
        if self.frozen:
            return
        view = self.desk.view(self.window, self.long_panels)
        if view is not None:
            self.scene = Scene(view, lambda: self.desk.latest(LATEST), lambda: self.desk.slowest(SLOWEST))

    def warn(self, lines: Iterable[str]) -> None:
        """Show these lines with the health."""
        self.warnings = (*self.warnings, *(line for line in lines if line.strip()))[-WARNINGS:]

    def look_at(self, window: float) -> None:
        """Show another window of time; a paused display goes on."""
        self.window = window
        self.frozen = False
        self.refresh()

    def change(self) -> None:
        """Show what a key has changed; a paused display goes on."""
        self.frozen = False
        self.refresh()

    def set_filter(self, text: str) -> None:
        """Show only what this filter matches; it was checked before. A paused display goes on."""
        if text != self.filter_text:
            self.frozen = False
            self.desk.set_filter(text)
            self.filter_text = text
            self.sought = sought(text)
            self.wake()


def sought(text: str) -> str:
    """Return the text that rows are searched for: the value of the filter's last term."""
    words = [word for word in text.lower().split() if word not in ("and", "or", "not", "(", ")")]
    return words[-1].strip("()\"'").rpartition(":")[2].rpartition("=")[2].strip("^$\"'") if words else ""

"""The last line: the main keys, that the mouse can press too."""

from collections.abc import Sequence

from textual import events

from dashboard.full.keys import Key, Place, footer
from dashboard.full.lines_view import LinesView
from dashboard.full.setting import Setting


class FooterView(LinesView):
    """Shows keys."""

    def __init__(self, setting: Setting, keys: Sequence[Key]) -> None:
        super().__init__(setting, id="footer")
        self._keys = keys
        self._places: list[Place] = []

    def show_keys(self, keys: Sequence[Key]) -> None:
        """Show other keys."""
        self._keys = keys
        self.draw()

    def draw(self) -> None:
        """Show as many as fit."""
        line, self._places = footer(self._keys, self.page)
        self.show([line])

    def on_resize(self) -> None:
        """Fit them into the new width."""
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """As if the key was pressed."""
        for place in self._places:
            if place.start <= event.x < place.end:
                self.app.simulate_key(place.key)

"""Widgets that show lines: plain lines, and the footer with its keys."""

from collections.abc import Sequence

from textual import events
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from dashboard.full.keys import FooterKey, Key, footer
from dashboard.full.paint import Appearance, Palette, ScreenPage, changed, strip
from view.page import Line, Piece, Style

SAID_FOR = 5.0
"""Seconds that a sentence stands in place of the keys."""


class LinesView(Widget):
    """Shows lines of styled text. It never parses markup, whatever the text is."""

    ALLOW_SELECT = False

    def __init__(self, appearance: Appearance, id: str | None = None) -> None:  # noqa: A002 the name in Textual
        super().__init__(id=id)
        self.appearance = appearance
        self._lines: Sequence[Line] = ()
        self._drawn_with: tuple[Palette, int] | None = None

    @property
    def lines(self) -> Sequence[Line]:
        """Return the lines that are shown."""
        return self._lines

    @property
    def page(self) -> ScreenPage:
        """Return a page of the size of the widget."""
        return ScreenPage(self.size.width, self.size.height, self.appearance.ascii_only, self.appearance.zone)

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines, and redraw only what has changed."""
        old, self._lines = self._lines, lines
        drawn_with = (self.appearance.palette, self.size.width)
        if drawn_with != self._drawn_with:
            self._drawn_with = drawn_with
            self.refresh()
        elif regions := changed(old, lines, self.size.width):
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Draw one line when Textual asks for it."""
        line = self._lines[y] if y < len(self._lines) else ()
        return strip(line, self.size.width, self.appearance.palette)


class FooterView(LinesView):
    """Shows keys, which can be clicked."""

    def __init__(self, appearance: Appearance, keys: Sequence[Key]) -> None:
        super().__init__(appearance, id="footer")
        self._keys = keys
        self._places: list[FooterKey] = []
        self._said = ""
        self._silence: Timer | None = None

    def show_keys(self, keys: Sequence[Key]) -> None:
        """Show other keys."""
        self._keys = keys
        self.draw()

    def say(self, sentence: str) -> None:
        """Show a sentence in place of the keys for a while."""
        if self._silence is not None:
            self._silence.stop()
        self._said = sentence
        self._silence = self.set_timer(SAID_FOR, self.hush)
        self.draw()

    def hush(self) -> None:
        """Show the keys again."""
        self._said = ""
        self.draw()

    def draw(self) -> None:
        """Show as many keys as fit, or what was said instead."""
        if self._said:
            self._places = []
            self.show([(Piece(self.page.text(self._said, self.page.width), Style.NAME),)])
            return
        line, self._places = footer(self._keys, self.page)
        self.show([line])

    def on_resize(self) -> None:
        """Fit the keys into the new width."""
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """Press the key that is clicked."""
        for place in self._places:
            if place.start <= event.x < place.end:
                self.app.simulate_key(place.key)


def set_height(widget: LinesView, lines: int) -> None:
    """Give a widget this many lines, unless it has them already."""
    height = widget.styles.height
    if height is None or height.value != lines:
        widget.styles.height = lines

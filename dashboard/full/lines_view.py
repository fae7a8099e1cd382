"""A widget that shows lines, and draws again only what has changed of them."""

from collections.abc import Sequence

from textual.strip import Strip
from textual.widget import Widget

from dashboard.full.paint import ScreenPage, changed, strip
from dashboard.full.palette import Palette
from dashboard.full.setting import Setting
from view.page import Line


class LinesView(Widget):
    """Lines of styled text. It never parses markup, whatever the text is."""

    ALLOW_SELECT = False

    def __init__(self, setting: Setting, id: str | None = None) -> None:  # noqa: A002 the name in Textual
        super().__init__(id=id)
        self.setting = setting
        self._lines: Sequence[Line] = ()
        self._drawn_with: tuple[Palette, int] | None = None

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._lines

    @property
    def page(self) -> ScreenPage:
        """What there is to write on."""
        return ScreenPage(self.size.width, self.size.height, self.setting.ascii_only, self.setting.zone)

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines instead."""
        old, self._lines = self._lines, lines
        drawn_with = (self.setting.palette, self.size.width)
        if drawn_with != self._drawn_with:
            self._drawn_with = drawn_with
            self.refresh()
        elif regions := changed(old, lines, self.size.width):
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """One line of the widget, as Textual asks for it."""
        line = self._lines[y] if y < len(self._lines) else ()
        return strip(line, self.size.width, self.setting.palette)

"""Screens of scrollable text: help and health."""

from collections.abc import Sequence

from textual.app import ComposeResult

from dashboard.full.desk import Scene
from dashboard.full.health_page import health_page
from dashboard.full.keys import TEXT, Key, help_lines
from dashboard.full.paint import ScreenPage
from dashboard.full.program_screen import ProgramScreen, bindings
from dashboard.full.state import ScreenState
from dashboard.full.widgets import LinesView
from store.filtering.fields import Field
from view import cells
from view.page import Line, Piece, Style


class TextScreen(ProgramScreen):
    """Shows the part of a text that is scrolled to."""

    KEYS = TEXT
    BINDINGS = bindings(TEXT)

    def __init__(self, state: ScreenState) -> None:
        super().__init__(state)
        self.body = LinesView(self.state.appearance, id="text")
        self.first = 0

    def compose(self) -> ComposeResult:
        """Put health and keys below the text."""
        yield self.body
        yield self.health
        yield self.footer

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """Return the whole text."""
        return ()

    def show_scene(self, scene: Scene) -> None:
        """Show the scene, from the line that is scrolled to."""
        self.show_health(scene)
        self._show(scene)

    def draw(self) -> None:
        """Show the text again, even before there is a scene."""
        super().draw()
        if self.ready:
            self._show(self.state.scene)

    def _show(self, scene: Scene | None) -> None:
        lines = self.lines(self.body.page, scene)
        height = self.body.size.height
        self.first = max(0, min(self.first, len(lines) - height))
        shown = list(lines[self.first : self.first + height])
        if self.first + height < len(lines) and shown:
            more = len(lines) - self.first - height + 1
            shown[-1] = (Piece(f"{more} more lines: j or PgDn", Style.QUIET),)
        self.body.show(shown)

    def action_back(self) -> None:
        """Close the screen."""
        self.app.pop_screen()

    def action_move(self, by: int) -> None:
        """Scroll by a line."""
        self.first += by
        self._show(self.state.scene)

    def action_page(self, by: int) -> None:
        """Scroll by a page."""
        self.action_move(by * max(1, self.body.size.height - 1))

    def action_first(self) -> None:
        """Scroll to the beginning."""
        self.action_move(-self.first)

    def action_last(self) -> None:
        """Scroll to the end, which is known once the lines are."""
        self.action_move(10**6)

    def on_mouse_scroll_down(self) -> None:
        """Scroll a line down."""
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        """Scroll a line up."""
        self.action_move(-1)


class HelpScreen(TextScreen):
    """Shows the keys of the screen below it, and how to write filters."""

    def __init__(self, state: ScreenState, shown: Sequence[Key]) -> None:
        super().__init__(state)
        self._shown = shown

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """List the keys, then the fields of filters."""
        lines: list[Line] = [(Piece("Keys", Style.HEADING),), (), *help_lines(self._shown, page)]
        if any(key.action == "screen.filter" for key in self._shown):
            rules = RULES if self.state.desk.keeps_exchanges else SENSOR_RULES
            lines += [(), *filter_lines(self.state.desk.fields(), rules, page)]
        return lines


RULES = (
    "field:text searches, also by regular expression; field=text matches the whole value; != excludes it.",
    "Numbers and times can be compared: time>500ms, size>10k, status:5xx. Join terms with and, or, not, and ( ).",
)
SENSOR_RULES = (
    "field:name matches the whole name, in which * and ? stand for any text and any character; - excludes it.",
    "Join terms with and, or, not, and ( ); several names with a comma.",
)


def filter_lines(fields: Sequence[Field], rules: Sequence[str], page: ScreenPage) -> list[Line]:
    """Explain how to write filters."""
    lines: list[Line] = [(Piece("Filters", Style.HEADING),), ()]
    for rule in rules:
        lines += page.wrap(rule, indent=2)
    lines.append(())
    room = max(len(field.name) for field in fields) + 3
    example = max(len(field.example) for field in fields) + 3
    for field in fields:
        names = Piece(f"{page.text(field.name):<{room}}", Style.HEADING)
        explained = cells.cut_end(field.explanation, page.width - room - example, page.ellipsis)
        lines.append((names, Piece(f"{page.text(field.example):<{example}}"), Piece(explained, Style.QUIET)))
    return lines


class HealthScreen(TextScreen):
    """Shows everything that was missed, and the status of each signal."""

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """Show each fact on its own line."""
        if scene is None:
            return ()
        narrow = ScreenPage(page.width, None, page.ascii_only, page.zone)
        return health_page(scene.view, self.state.warnings, narrow, self.state.appearance.locked)

"""Screens of text that can be scrolled: help, health, one exchange."""

from collections.abc import Sequence

from textual.app import ComposeResult

from dashboard.alert_lines import signals
from dashboard.full.alert_page import alert_page
from dashboard.full.alert_sheet import identity
from dashboard.full.desk import Scene
from dashboard.full.exchange_lines import exchange_lines
from dashboard.full.keys import TEXT, Key, help_lines
from dashboard.full.lines_view import LinesView
from dashboard.full.paint import ScreenPage
from dashboard.full.part import Part, bindings
from dashboard.heading import health
from store.filtering.fields import Field
from traffic.records import Exchange
from view import cells
from view.page import Line, Piece, Style
from view.view import AlertView


class TextScreen(Part):
    """Lines, of which some are seen."""

    KEYS = TEXT
    BINDINGS = bindings(TEXT)

    def __init__(self) -> None:
        super().__init__()
        self.body = LinesView(self.setting, id="text")
        self.first = 0

    def compose(self) -> ComposeResult:
        """The text, health, keys."""
        yield self.body
        yield self.health
        yield self.footer

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """The whole text."""
        return ()

    def show_scene(self, scene: Scene) -> None:
        """Show the part that is scrolled to."""
        self.show_health(scene)
        self._show(scene)

    def draw(self) -> None:
        """Show it again; there is a text also before there is a scene."""
        super().draw()
        if self.ready:
            self._show(self.program.scene)

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
        """Close it."""
        self.program.pop_screen()

    def action_move(self, by: int) -> None:
        """Scroll by a line."""
        self.first += by
        self._show(self.program.scene)

    def action_page(self, by: int) -> None:
        """Scroll by a page."""
        self.action_move(by * max(1, self.body.size.height - 1))

    def action_first(self) -> None:
        """The beginning."""
        self.action_move(-self.first)

    def action_last(self) -> None:
        """The end; it is known once the lines are."""
        self.action_move(10**6)

    def on_mouse_scroll_down(self) -> None:
        """Like the key."""
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        """Like the key."""
        self.action_move(-1)


class HelpScreen(TextScreen):
    """The keys of the screen that it was asked from, and how filters are written."""

    def __init__(self, told: Sequence[Key]) -> None:
        super().__init__()
        self._told = told

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """Keys, then fields."""
        lines: list[Line] = [(Piece("Keys", Style.HEADING),), (), *help_lines(self._told, page)]
        if any(key.action == "screen.filter" for key in self._told):
            lines += [(), *filter_lines(self.desk.fields(), page)]
        return lines


def filter_lines(fields: Sequence[Field], page: ScreenPage) -> list[Line]:
    """How a filter is written."""
    rules = (
        "field:text searches for it, also by regular expression; field=text is the whole; != is anything else.",
        "Numbers and times compare: time>500ms, size>10k, status:5xx. Terms are joined by and, or, not, and ( ).",
    )
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
    """All that was not seen, by name, and how the signals stand."""

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """As the console has it, each thing in a line of its own."""
        if scene is None:
            return ()
        narrow = ScreenPage(page.width, None, page.ascii_only, page.zone)
        complaints = [line for notice in self.program.notices for line in narrow.wrap(f"! {page.text(notice)}")]
        lines: list[Line] = [(Piece("Health", Style.HEADING),), (), *health(scene.view.health, narrow), *complaints]
        return [*lines, (), *signals(scene.view, narrow)]


class AlertScreen(TextScreen):
    """All that is known of one alert, also of one that goes on."""

    def __init__(self, alert: AlertView) -> None:
        super().__init__()
        self.alert = alert

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """What it says; names and values."""
        if scene is None:
            return ()
        same = (each for each in scene.view.alerts if identity(each) == identity(self.alert))
        self.alert = next(same, self.alert)
        return alert_page(self.alert, scene.view.now, ScreenPage(page.width, None, page.ascii_only, page.zone))


class ExchangeScreen(TextScreen):
    """All that is known of one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self.exchange = exchange

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """Names and values."""
        return exchange_lines(self.exchange, self.setting.discretion, page)

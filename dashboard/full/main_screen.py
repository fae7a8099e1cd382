"""The main screen: state, charts, tables, filter, health."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from dashboard.full import layout, status_lines
from dashboard.full.alerts import AlertTable
from dashboard.full.block_screen import OFF, BlockScreen
from dashboard.full.chart import chart_lines, class_lines, drawn, marks
from dashboard.full.desk import Scene
from dashboard.full.detail_screen import DetailScreen
from dashboard.full.export_screen import ExportScreen
from dashboard.full.fact_screens import AlertScreen, ExchangeScreen, chosen_exchange
from dashboard.full.filter_bar import FilterBar
from dashboard.full.head_lines import lines_above, lines_below
from dashboard.full.keys import EDITING, MAIN
from dashboard.full.mute_screen import MuteScreen
from dashboard.full.pane_screen import PaneScreen
from dashboard.full.panel_board import hidden_line
from dashboard.full.panel_screen import PanelScreen
from dashboard.full.panels import PanelTable
from dashboard.full.program_screen import bindings
from dashboard.full.state import ScreenState
from dashboard.full.table_pane import TablePane
from dashboard.full.text_screens import HealthScreen
from dashboard.full.widgets import LinesView, set_height
from store.filtering.errors import FilterError
from store.filtering.narrowing import of_exchange
from traffic.records import Exchange
from view.culprit import culprit
from view.page import Piece, Style
from view.view import AlertView

APPLY_AFTER = 0.2
"""Seconds after the last key until a filter is applied, as each new filter scans all exchanges again."""


SUMS_ALONE = "sensors send sums: single exchanges are on each sensor's own screen"


class MainScreen(PaneScreen):
    """Shows the whole program: the first screen, and the one that all others return to."""

    KEYS = MAIN
    BINDINGS = bindings(MAIN)

    def __init__(self, state: ScreenState) -> None:
        super().__init__(state)
        self.head = LinesView(self.state.appearance, id="head")
        self.chart = LinesView(self.state.appearance, id="chart")
        self.by_class = LinesView(self.state.appearance, id="classes")
        self.hidden = LinesView(self.state.appearance, id="hidden")
        self.filter = FilterBar(self.state.appearance)
        self._typing: Timer | None = None
        self._typed: str | None = None
        """A filter that is applied when the typing pauses."""

    def compose(self) -> ComposeResult:
        """Stack the widgets from top to bottom."""
        yield LinesView(self.state.appearance, id="notice")
        yield self.head
        with Horizontal(id="charts"):
            yield self.chart
            yield self.by_class
        yield self.board
        yield self.hidden
        yield self.filter
        yield self.health
        yield self.footer

    # Showing --------------------------------------------------------------------------------------------------------

    def show_scene(self, scene: Scene) -> None:
        """Show the scene on all parts of the screen."""
        if not self._fits():
            return
        self.board.fill(scene.view, self.state.desk.keeps_exchanges)
        self.choose_panes(scene)
        page = self.state.page(self.size.width)
        banner = status_lines.banner_lines(scene.view, page)
        above = lines_above(scene.view, self.state, page)
        below = lines_below(scene.view, page, self.app.size.height)
        set_height(self.head, len(above) + len(banner) + len(below))
        self.head.show([*above, *banner, *below])
        self.filter.show_matched(scene.view)
        used = len(above) + len(below) + self.show_health(scene) + self.filter.height + 1
        self._arrange(scene, layout.arrange(*self.size, used, len(banner), len(self.panes)))
        for pane in self.shown():
            pane.show_scene(scene, self.state.sought)

    def draw(self) -> None:
        """Show the scene again; before the first one, say that packets are awaited."""
        super().draw()
        if self.ready and self.state.scene is None and self._fits():
            source = self.head.page.text(self.state.desk.source)
            self.head.show([(Piece("HTTP monitor", Style.HEADING), Piece(f"   waiting for packets on {source}"))])

    def _fits(self) -> bool:
        """Return whether everything fits; if not, say so and nothing else."""
        width, height = self.app.size
        small = layout.too_small(width, height)
        self.set_class(small, "small")
        if small:
            needed = "x".join(map(str, layout.SMALLEST))
            sentences = (f"The terminal is too small: {width}x{height}.", f"At least {needed} is needed.", "q quits.")
            self.query_one("#notice", LinesView).show([(Piece(text, Style.NAME),) for text in sentences])
        return not small

    def _arrange(self, scene: Scene, shared: layout.Layout) -> None:
        """Give every part its place, and draw the charts."""
        wanted = [pane.wanted(scene) for pane in self.panes]
        if self.zoomed:
            shared = layout.zoomed(shared)
        elif len(layout.places(wanted, 0, shared)) < len(wanted):
            shared = shared._replace(lines=shared.lines - 1)
        self.query_one("#charts").display = shared.chart > 0
        self.query_one("#charts").styles.height = shared.chart
        self.by_class.styles.width = shared.classes
        self.board.place(self.panes, wanted, self.place, shared)
        names = [(pane.number, pane.name_in_words) for pane in self.panes if not pane.display]
        self.hidden.display = bool(names)
        self.hidden.show([hidden_line(names, self.zoomed, self.state.page(self.size.width))])
        width = self.size.width - shared.classes - 2
        page = self.state.page(width, shared.chart)
        self.chart.show(chart_lines(drawn(scene.view), marks(scene.view), page))
        self.by_class.show(class_lines(scene.view.chart, self.state.page(shared.classes, shared.chart)))

    def on_click(self, event: events.Click) -> None:
        """Show the window of time whose name is clicked."""
        place = event.get_content_offset(self.head)
        if place is not None and place.y == 0 and self.head.lines:
            window = status_lines.window_at(self.head.lines[0], self.state.desk.windows, place.x)
            if window is not None:
                self.state.look_at(window)
                self.draw()

    def action_exchanges(self) -> None:
        """Focus the list of exchanges."""
        if self._has_exchanges():
            self.focus_named("exchanges")

    def _has_exchanges(self) -> bool:
        """Return whether there are any; if not, say so."""
        if not self.state.desk.keeps_exchanges:
            self.say(SUMS_ALONE)
        return self.state.desk.keeps_exchanges

    def action_alerts(self) -> None:
        """Focus the list of alerts."""
        self.focus_named("alerts")

    def action_choose_panels(self) -> None:
        """Show the page where the user chooses panels."""
        if self.panes and self.state.scene is not None:
            self.app.push_screen(PanelScreen(self.state, self.board.titles(self.state.scene.view)))

    def on_table_pane_pressed(self, event: TablePane.Pressed) -> None:
        """Focus the panel that is clicked, and open a row that is clicked a second time."""
        self.focus_pane(self.panes.index(event.pane))
        if event.again:
            self.action_open()

    # Rows -----------------------------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Open the selected row."""
        pane = self.pane
        if pane is None or pane.identity is None:
            return
        if isinstance(pane.table, PanelTable):
            self._open_row(pane, pane.table.name)
        elif (exchange := chosen_exchange(pane)) is not None:
            self.app.push_screen(ExchangeScreen(self.state, pane, exchange))
        elif (alert := self.chosen_alert()) is not None:
            self.app.push_screen(AlertScreen(self.state, pane, alert))

    def _open_row(self, pane: TablePane, statistic: str) -> None:
        """Show the details of a row, if it counts exchanges."""
        if self.state.desk.has_exchanges(statistic):
            self.app.push_screen(DetailScreen(self.state, pane))
        elif self.state.desk.keeps_exchanges:
            self.say("only rows that count requests have details")
        elif self.term():
            self.action_narrow(False)
        else:
            self.say(SUMS_ALONE)

    def chosen_exchange(self) -> Exchange | None:
        """Return the selected exchange; None if the focused table has none."""
        return chosen_exchange(self.pane) if self.pane is not None else None

    def action_export(self) -> None:
        """Ask for a file for the exchanges that match the filter."""
        if self._has_exchanges():
            self.app.push_screen(ExportScreen(self.state, self.state.desk.matching()))

    def chosen_alert(self) -> AlertView | None:
        """Return the selected alert; None if the focused table has no alerts."""
        pane = self.pane
        if pane is None or not isinstance(pane.table, AlertTable) or pane.scene is None or pane.identity is None:
            return None
        return pane.scene.view.alerts[pane.choice.index]

    def term(self) -> str:
        """Return the term for the selected row: a key, an exchange's host and path, or an alert's main contributor."""
        pane = self.pane
        if pane is None or pane.identity is None:
            return ""
        if isinstance(pane.table, PanelTable):
            return self.state.desk.term(pane.table.name, pane.identity)
        if (exchange := chosen_exchange(pane)) is not None:
            return of_exchange(exchange)
        alert = self.chosen_alert()
        return culprit(alert) if alert is not None else ""

    # The filter -----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let `/` be an ordinary character while a filter is typed."""
        return not (action == "filter" and self.filter.editing)

    def action_filter(self) -> None:
        """Start to edit the filter."""
        if self.panes:
            fields = self.state.desk.fields()
            self.filter.edit(self.state.filter_text, fields, lambda text: self._error_in(text) is None)
            self.footer.show_keys(EDITING)
            self.draw_later()

    def on_filter_bar_typed(self, event: FilterBar.Typed) -> None:
        """Show an error at once, and apply the filter when the typing pauses."""
        if self._typing is not None:
            self._typing.stop()
        error = self._error_in(event.text)
        self.filter.judge(error)
        self._typed = event.text if error is None else None
        self._typing = self.set_timer(APPLY_AFTER, self._apply)

    def _error_in(self, text: str) -> FilterError | None:
        try:
            self.state.desk.check_filter(text)
        except FilterError as error:
            return error
        return None

    def on_filter_bar_closed(self) -> None:
        """Return to the tables with the last text as the filter."""
        self._apply()
        self.footer.show_keys(self.keys())
        self.draw_later()

    def _apply(self) -> None:
        if self._typed is not None:
            self.state.set_filter(self._typed)
            self._typed = None

    def action_back(self) -> None:
        """End the zoom, or clear the filter."""
        if self.zoomed:
            self.action_zoom()
        elif self.state.filter_text:
            self.state.set_filter("")

    def ask_how_long(self, about: str, name: str) -> None:
        """Ask how long to mute a signal."""
        self.app.push_screen(MuteScreen(self.state, about, name))

    def action_blocks(self) -> None:
        """Show whom a front refuses."""
        if self.state.scene is None or self.state.scene.view.blocks is None:
            self.say(OFF)
            return
        self.app.push_screen(BlockScreen(self.state))

    def action_health(self) -> None:
        """Show everything that was missed."""
        self.app.push_screen(HealthScreen(self.state))

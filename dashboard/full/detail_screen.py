"""The details of one row: rate, status codes, methods, response times, and its exchanges, clients and paths."""

from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal

from dashboard.full.chart import Marks, chart_lines, class_lines
from dashboard.full.desk import Scene
from dashboard.full.detail_lines import counts_lines, heading_lines, histogram_lines
from dashboard.full.exchanges import DetailTable
from dashboard.full.export_screen import ExportScreen
from dashboard.full.fact_screens import ExchangeScreen, chosen_exchange
from dashboard.full.keys import DETAIL
from dashboard.full.panels import PanelTable
from dashboard.full.program_screen import ProgramScreen, bindings
from dashboard.full.state import ScreenState
from dashboard.full.table import ScreenTable
from dashboard.full.table_pane import TablePane
from dashboard.full.widgets import LinesView
from store.filtering.narrowing import opposite
from traffic.records import Exchange
from view.detail import DetailView

ROWS = 100
"""Exchanges in each list."""
HEADING = 3
"""Lines above the chart."""
SIDE = 30
"""Width of the status codes and of the methods."""


class DetailScreen(ProgramScreen):
    """Shows the details of the row that is selected in `rows`."""

    KEYS = DETAIL
    BINDINGS = bindings(DETAIL)

    def __init__(self, state: ScreenState, rows: TablePane) -> None:
        super().__init__(state)
        self._rows = rows
        self.head = LinesView(self.state.appearance, id="head")
        self.chart = LinesView(self.state.appearance, id="chart")
        self.by_class = LinesView(self.state.appearance, id="classes")
        self.histogram = LinesView(self.state.appearance, id="histogram")
        self.statuses = LinesView(self.state.appearance, id="statuses")
        self.methods = LinesView(self.state.appearance, id="methods")
        discretion, marks = self.state.appearance.discretion, self.state.appearance.marks
        self._tables: Sequence[ScreenTable] = (
            DetailTable("slowest", discretion, marks),
            DetailTable("latest", discretion, marks),
            PanelTable("top_clients"),
            PanelTable("top_paths"),
        )
        self.pane = TablePane(self.state.appearance, self._tables[0], "")
        self.pane.focused_pane = True
        self._scene: Scene | None = None
        self._open()

    def _open(self) -> None:
        """Gather the details of the selected row."""
        self.state.desk.open_detail(self._rows.table.name, self._rows.identity or "")
        self.state.wake()

    def compose(self) -> ComposeResult:
        """Stack the widgets from top to bottom."""
        yield self.head
        with Horizontal(id="charts"):
            yield self.chart
            yield self.by_class
        with Horizontal(id="counts"):
            yield self.histogram
            yield self.statuses
            yield self.methods
        yield self.pane
        yield self.health
        yield self.footer

    def show_scene(self, scene: Scene) -> None:
        """Show the scene, and the detail as far as it was gathered."""
        self.show_health(scene)
        if (detail := self.state.desk.detail(self.state.window, ROWS)) is not None:
            self._show(detail, scene)

    def _show(self, detail: DetailView, scene: Scene) -> None:
        width, height = self.size.width, self.size.height
        chart = max(5, min(10, height // 5))
        counts = max(5, min(13, height // 4))
        state = self.state
        self.head.show(heading_lines(detail, state.filter_text, state.frozen, state.page(width)))
        self.head.styles.height = HEADING
        self.query_one("#charts").styles.height = chart
        self.query_one("#counts").styles.height = counts
        narrow = width < 110
        side = SIDE if not narrow else 26
        classes = side if narrow else 2 * side + 2
        self.by_class.styles.width = classes
        self.statuses.styles.width = self.methods.styles.width = side
        self.methods.display = not narrow
        page = self.state.page(width - classes - 2, chart)
        self.chart.show(chart_lines(detail.chart, Marks(), page))
        self.by_class.show(class_lines(detail.chart, self.state.page(classes, chart)))
        room = width - (side + 2) * (1 if narrow else 2)
        self.histogram.show(histogram_lines(detail.histogram, detail.whole.times, self.state.page(room, counts)))
        self._show_counts(detail, side, counts, narrow)
        view = replace(scene.view, panels=(detail.clients, detail.paths))
        self._scene = Scene(view, lambda: detail.latest, lambda: detail.slowest)
        self.pane.show_scene(self._scene)

    def _show_counts(self, detail: DetailView, side: int, lines: int, narrow: bool) -> None:
        """Put them side by side, or one below the other if there is no room for both."""
        half = self.state.page(side, lines // 2 if narrow else lines)
        statuses = counts_lines(detail.statuses, "Status codes", half)
        methods = counts_lines(detail.methods, "Methods", half)
        self.statuses.show([*statuses, *methods] if narrow else statuses)
        self.methods.show(methods)

    def action_list_by(self, by: int) -> None:
        """Switch to the next or the previous list."""
        place = self._tables.index(self.pane.table)
        self.pane.show_table(self._tables[(place + by) % len(self._tables)], self._scene)

    def action_step(self, by: int) -> None:
        """Show the details of the next or the previous row."""
        if self.moves(self._rows, by):
            self._open()
            self.draw()

    def chosen_exchange(self) -> Exchange | None:
        """Return the selected exchange; None if the list has none."""
        return chosen_exchange(self.pane)

    def action_export(self) -> None:
        """Ask for a file for the exchanges of this row."""
        self.app.push_screen(ExportScreen(self.state, self.state.desk.matching()))

    def terms(self, excluded: bool) -> Sequence[str]:
        """Return the term of the row, and of the selected client or path; if there is one, only that is excluded."""
        row = self.state.desk.term(self._rows.table.name, self._rows.identity or "")
        if not row:
            return []
        if isinstance(self.pane.table, PanelTable) and self.pane.identity is not None:
            part = self.state.desk.term(self.pane.table.name, self.pane.identity)
            return [row, opposite(part) if excluded else part]
        return [opposite(row) if excluded else row]

    def action_back(self) -> None:
        """Close the detail."""
        self.state.desk.close_detail()
        self.app.pop_screen()

    def action_open(self) -> None:
        """Open the selected exchange, or filter by the selected client or path."""
        if (exchange := chosen_exchange(self.pane)) is not None:
            self.app.push_screen(ExchangeScreen(self.state, self.pane, exchange))
        elif self.pane.identity is not None:
            self.action_narrow(False)

    def on_table_pane_pressed(self, event: TablePane.Pressed) -> None:
        """Open a row that is clicked a second time."""
        if event.again:
            self.action_open()

    def action_move(self, by: int) -> None:
        """Select another row."""
        self.pane.move(by)

    def action_page(self, by: int) -> None:
        """Select a row a page away."""
        self.pane.move_page(by)

    def action_first(self) -> None:
        """Select the first row."""
        self.pane.choose(0)

    def action_last(self) -> None:
        """Select the last row."""
        self.pane.choose_last()

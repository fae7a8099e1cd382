"""What is behind one row: rate, status codes, methods, response times, and its slowest and latest exchanges."""

from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal

from dashboard.full import exchange_sheet
from dashboard.full.chart_lines import Marks, chart_lines
from dashboard.full.class_lines import class_lines
from dashboard.full.desk import Scene
from dashboard.full.detail_lines import counts_lines, heading_lines
from dashboard.full.histogram_lines import histogram_lines
from dashboard.full.keys import DETAIL
from dashboard.full.lines_view import LinesView
from dashboard.full.panel_sheet import Sorting
from dashboard.full.part import Part, bindings
from dashboard.full.sheet import Sheet
from dashboard.full.table_pane import TablePane
from dashboard.full.tables import ExchangeTable
from dashboard.full.text_screens import ExchangeScreen
from traffic.records import Exchange
from view.detail import DetailView
from view.exchange_line import Discretion
from view.page import Page

ROWS = 100
"""Exchanges of each list."""
HEADING = 3
"""Lines above the chart."""
SIDE = 30
"""Columns of status codes and of methods."""


class DetailTable(ExchangeTable):
    """The slowest or the latest exchanges, in their order."""

    follows = False

    def __init__(self, which: Literal["slowest", "latest"], discretion: Discretion) -> None:
        super().__init__(discretion)
        self.which = which

    def natural(self, scene: Scene) -> Sorting:
        """As they come."""
        return Sorting(exchange_sheet.RESPONSE if self.which == "slowest" else exchange_sheet.TIME)

    def sortable(self, scene: Scene) -> tuple[str, ...]:
        """By nothing: Tab changes the order."""
        return ()

    def exchanges(self, scene: Scene, sorting: Sorting) -> tuple[Exchange, ...]:
        """The slowest or the latest first."""
        return tuple(scene.slowest if self.which == "slowest" else scene.latest)

    def sheet(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> Sheet:
        """Those exchanges."""
        title = "Slowest exchanges" if self.which == "slowest" else "Latest exchanges"
        shown = self.exchanges(scene, sorting)[rows]
        return exchange_sheet.exchange_sheet(title, shown, self._discretion, page)


class DetailScreen(Part):
    """Shows the detail that the desk has open."""

    KEYS = DETAIL
    BINDINGS = bindings(DETAIL)

    def __init__(self) -> None:
        super().__init__()
        self.head = LinesView(self.setting, id="head")
        self.chart = LinesView(self.setting, id="chart")
        self.by_class = LinesView(self.setting, id="classes")
        self.histogram = LinesView(self.setting, id="histogram")
        self.statuses = LinesView(self.setting, id="statuses")
        self.methods = LinesView(self.setting, id="methods")
        self.pane = TablePane(self.setting, self._table("slowest"), "")
        self.pane.focused_pane = True
        self._scene: Scene | None = None

    def _table(self, which: Literal["slowest", "latest"]) -> DetailTable:
        return DetailTable(which, self.setting.discretion)

    def compose(self) -> ComposeResult:
        """From the top to the bottom."""
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
        """Show how things stand now."""
        self.show_health(scene)
        if (detail := self.desk.detail(self.program.window, ROWS)) is not None:
            self._show(detail, scene)

    def _show(self, detail: DetailView, scene: Scene) -> None:
        width, height = self.size.width, self.size.height
        chart = max(5, min(10, height // 5))
        counts = max(5, min(13, height // 4))
        program = self.program
        self.head.show(heading_lines(detail, program.filter_text, program.frozen, program.page(width)))
        self.head.styles.height = HEADING
        self.query_one("#charts").styles.height = chart
        self.query_one("#counts").styles.height = counts
        narrow = width < 110
        side = SIDE if not narrow else 26
        classes = side if narrow else 2 * side + 2
        self.by_class.styles.width = classes
        self.statuses.styles.width = self.methods.styles.width = side
        self.methods.display = not narrow
        page = self.program.page(width - classes - 2, chart)
        self.chart.show(chart_lines(detail.chart, Marks(), page))
        self.by_class.show(class_lines(detail.chart, self.program.page(classes, chart)))
        room = width - (side + 2) * (1 if narrow else 2)
        self.histogram.show(histogram_lines(detail.histogram, detail.whole.times, self.program.page(room, counts)))
        self._show_counts(detail, side, counts, narrow)
        self._scene = Scene(scene.view, lambda: detail.latest, lambda: detail.slowest)
        self.pane.show_scene(self._scene)

    def _show_counts(self, detail: DetailView, side: int, lines: int, narrow: bool) -> None:
        """Side by side, or one below the other where there is no room for both."""
        half = self.program.page(side, lines // 2 if narrow else lines)
        statuses = counts_lines(detail.statuses, "Status codes", half)
        methods = counts_lines(detail.methods, "Methods", half)
        self.statuses.show([*statuses, *methods] if narrow else statuses)
        self.methods.show(methods)

    def action_other_list(self) -> None:
        """The slowest, or the latest."""
        table = self.pane.table
        assert isinstance(table, DetailTable)
        self.pane.show_table(self._table("latest" if table.which == "slowest" else "slowest"), self._scene)

    def action_back(self) -> None:
        """Close it."""
        self.desk.close_detail()
        self.program.pop_screen()

    def action_open(self) -> None:
        """All of the chosen exchange."""
        if self._scene is None or self.pane.identity is None or self.pane.sorting is None:
            return
        assert isinstance(self.pane.table, DetailTable)
        exchange = self.pane.table.exchanges(self._scene, self.pane.sorting)[self.pane.choice.index]
        self.program.push_screen(ExchangeScreen(exchange))

    def on_table_pane_pressed(self, event: TablePane.Pressed) -> None:
        """A second press opens the row."""
        if event.again:
            self.action_open()

    def action_move(self, by: int) -> None:
        """Another row."""
        self.pane.move(by)

    def action_page(self, by: int) -> None:
        """A row a page away."""
        self.pane.move_page(by)

    def action_first(self) -> None:
        """The first row."""
        self.pane.choose(0)

    def action_last(self) -> None:
        """The last row."""
        self.pane.choose_last()

"""The main screen: state, chart, tables, filter, health."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.timer import Timer

from dashboard.alert_lines import signals
from dashboard.full import chart_lines, layout, top_lines
from dashboard.full.class_lines import class_lines
from dashboard.full.desk import Scene
from dashboard.full.detail_screen import DetailScreen
from dashboard.full.filter_bar import FilterBar
from dashboard.full.keys import EDITING, MAIN
from dashboard.full.lines_view import LinesView
from dashboard.full.paint import ScreenPage
from dashboard.full.part import Part, bindings, set_height
from dashboard.full.table_pane import TablePane
from dashboard.full.tables import AlertTable, ExchangeTable, PanelTable, Table
from dashboard.full.text_screens import AlertScreen, ExchangeScreen, HealthScreen
from dashboard.progress import Progress, progress_line
from store.filtering.errors import FilterError
from view.page import Line, Piece, Style

TALL = 44
"""Lines of a terminal from which it has room to say how all signals stand."""
SIGNALS = 2
APPLY_AFTER = 0.2
"""Seconds without a key until what was typed is applied: each filter looks at all exchanges again."""


def progress_lines(progress: Progress | None, page: ScreenPage) -> list[Line]:
    """How far a file is read, as long as it is."""
    if progress is None:
        return []
    return [(Piece("READING", Style.HEADING), Piece(f"  {progress_line(progress, page.width - 9)}", Style.CHART))]


class MainScreen(Part):
    """Where one begins, and comes back to."""

    KEYS = MAIN
    BINDINGS = bindings(MAIN)

    def __init__(self) -> None:
        super().__init__()
        self.head = LinesView(self.setting, id="head")
        self.chart = LinesView(self.setting, id="chart")
        self.by_class = LinesView(self.setting, id="classes")
        self.panels = Container(id="panels")
        self.filter = FilterBar(self.setting)
        self.panes: list[TablePane] = []
        self._focus = 0
        self._first = 0
        self._typing: Timer | None = None
        self._typed: str | None = None
        """A filter that is to be applied when the typing pauses."""

    def compose(self) -> ComposeResult:
        """From the top to the bottom."""
        yield LinesView(self.setting, id="notice")
        yield self.head
        with Horizontal(id="charts"):
            yield self.chart
            yield self.by_class
        yield self.panels
        yield self.filter
        yield self.health
        yield self.footer

    @property
    def pane(self) -> TablePane | None:
        """The one that the keys are for."""
        return self.panes[self._focus] if self.panes else None

    # Showing --------------------------------------------------------------------------------------------------------

    def show_scene(self, scene: Scene) -> None:
        """Show how things stand now."""
        if not self._fits():
            return
        if not self.panes:
            self._make_panes(scene)
        page = self.program.page(self.size.width)
        head = self._head(scene, page)
        set_height(self.head, len(head))
        self.head.show(head)
        self.filter.show_matched(scene.view.filter)
        used = len(head) + self.show_health(scene) + self.filter.height + 1
        self._arrange(scene, layout.arrange(self.size.width, self.size.height, used, len(self.panes)))
        for pane in self._shown():
            pane.show_scene(scene, self.program.looked_for)

    def draw(self) -> None:
        """Show the same anew; before there is anything to show, that it is waited for."""
        super().draw()
        if self.ready and self.program.scene is None and self._fits():
            self.head.show([(Piece("HTTP monitor", Style.HEADING), Piece("   waiting for the first packets"))])

    def _fits(self) -> bool:
        """Whether there is room; if not, that is all that is said."""
        width, height = self.program.size
        small = layout.too_small(width, height)
        self.set_class(small, "small")
        if small:
            needed = "x".join(map(str, layout.SMALLEST))
            sentences = (f"The terminal is too small: {width}x{height}.", f"{needed} are needed.", "q quits.")
            self.query_one("#notice", LinesView).show([(Piece(text, Style.NAME),) for text in sentences])
        return not small

    def _head(self, scene: Scene, page: ScreenPage) -> list[Line]:
        view, program = scene.view, self.program
        return [
            top_lines.title_line(view, self.desk.windows, program.frozen, page),
            *progress_lines(self.desk.progress(), page),
            top_lines.state_line(view, page),
            *top_lines.banner_lines(view, page),
            *top_lines.glance_lines(view, page),
            *(signals(view, page)[:SIGNALS] if self.program.size.height >= TALL else ()),
        ]

    def _make_panes(self, scene: Scene) -> None:
        tables: list[Table] = [PanelTable(panel.name) for panel in scene.view.panels]
        tables += [ExchangeTable(self.setting.discretion), AlertTable()]
        numbers = [str(place) if place <= 9 else "" for place in range(1, len(tables) + 1)]
        numbers = [{"exchanges": "e", "alerts": "a"}.get(t.name, n) for t, n in zip(tables, numbers, strict=True)]
        self.panes = [TablePane(self.setting, t, n) for t, n in zip(tables, numbers, strict=True)]
        self.panes[0].focus_on(True)
        self.panels.mount(*self.panes)
        self._look_closer()

    def _arrange(self, scene: Scene, shared: layout.Layout) -> None:
        """Give every part its place, and the charts their lines."""
        self.query_one("#charts").styles.height = shared.chart
        self.by_class.styles.width = shared.classes
        self.panels.styles.grid_size_columns = shared.abreast
        self.panels.styles.grid_size_rows = shared.ranks
        self._first = layout.first_shown(self._focus, self._first, shared, len(self.panes))
        last = self._first + shared.abreast * shared.ranks
        for place, pane in enumerate(self.panes):
            pane.display = self._first <= place < last
        width = self.size.width - shared.classes - 2
        page = self.program.page(width, shared.chart)
        self.chart.show(chart_lines.chart_lines(chart_lines.drawn(scene.view), chart_lines.marks(scene.view), page))
        self.by_class.show(class_lines(scene.view.chart, self.program.page(shared.classes, shared.chart)))

    def _shown(self) -> Sequence[TablePane]:
        return [pane for pane in self.panes if pane.display]

    # Panels ---------------------------------------------------------------------------------------------------------

    def focus_pane(self, place: int) -> None:
        """The keys are for this panel from now on; it comes onto the screen if it was not."""
        if not 0 <= place < len(self.panes):
            return
        self.panes[self._focus].focus_on(False)
        self._focus = place
        self.panes[place].focus_on(True)
        self._look_closer()
        self.draw()

    def _look_closer(self) -> None:
        """Ask for more rows of the panel in focus, and of those that are not in their natural order."""
        scene = self.program.scene
        wanted = {
            pane.table.name
            for place, pane in enumerate(self.panes)
            if place == self._focus or (scene and pane.sorting and pane.sorting != pane.table.natural(scene))
        }
        if not wanted <= set(self.program.long_panels):
            self.program.wake()
        self.program.long_panels = wanted

    def on_click(self, event: events.Click) -> None:
        """On the name of a window of time: show it."""
        place = event.get_content_offset(self.head)
        if place is not None and place.y == 0 and self.head.lines:
            window = top_lines.window_at(self.head.lines[0], self.desk.windows, place.x)
            if window is not None:
                self.program.look_at(window)

    def action_panel(self, number: int) -> None:
        """The panel with this number, if one has it."""
        numbers = [pane.number for pane in self.panes]
        if str(number) in numbers:
            self.focus_pane(numbers.index(str(number)))

    def action_panel_by(self, by: int) -> None:
        """The next panel, or the one before."""
        if self.panes:
            self.focus_pane((self._focus + by) % len(self.panes))

    def action_exchanges(self) -> None:
        """The list of exchanges."""
        self.focus_pane(len(self.panes) - 2)

    def action_alerts(self) -> None:
        """The list of alerts."""
        self.focus_pane(len(self.panes) - 1)

    def on_table_pane_pressed(self, event: TablePane.Pressed) -> None:
        """The mouse chose a panel."""
        self.focus_pane(self.panes.index(event.pane))
        if event.again:
            self.action_open()

    # Rows -----------------------------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Another row."""
        if self.pane:
            self.pane.move(by)

    def action_page(self, by: int) -> None:
        """A row a page away."""
        if self.pane:
            self.pane.move_page(by)

    def action_first(self) -> None:
        """The first row."""
        if self.pane:
            self.pane.choose(0)

    def action_last(self) -> None:
        """The last row."""
        if self.pane:
            self.pane.choose_last()

    def action_sort(self) -> None:
        """The next order."""
        if self.pane:
            self.pane.sort()

    def action_reverse(self) -> None:
        """The other way round."""
        if self.pane:
            self.pane.reverse()

    def action_open(self) -> None:
        """What is behind the row."""
        pane, scene = self.pane, self.program.scene
        if pane is None or scene is None or pane.identity is None:
            return
        table = pane.table
        if isinstance(table, PanelTable):
            self.desk.open_detail(table.name, pane.identity)
            self.program.wake()
            self.program.push_screen(DetailScreen())
        elif isinstance(table, ExchangeTable) and pane.sorting is not None:
            exchange = table.exchanges(scene, pane.sorting)[pane.choice.index]
            self.program.push_screen(ExchangeScreen(exchange))
        elif isinstance(table, AlertTable):
            self.program.push_screen(AlertScreen(scene.view.alerts[pane.choice.index]))

    def action_next_match(self, by: int) -> None:
        """The next row that has the text of the filter, in this panel or the following ones."""
        found = self.program.looked_for
        if not found or self.program.scene is None:
            return
        rows = [(pane, row) for pane in range(len(self.panes)) for row in range(len(self._rows_of(pane)))]
        here = (self._focus, self.panes[self._focus].choice.index)
        ahead = [row for row in rows if row > here] + [row for row in rows if row <= here]
        if by < 0:
            behind = [row for row in rows if row < here][::-1]
            ahead = behind + [row for row in rows[::-1] if row >= here]
        for place, row in ahead:
            if found in self._rows_of(place)[row].lower():
                self.focus_pane(place)
                self.panes[place].choose(row)
                return

    def _rows_of(self, place: int) -> list[str]:
        pane, scene = self.panes[place], self.program.scene
        if scene is None or not isinstance(pane.table, PanelTable):
            return []
        return pane.table.identities(scene, pane.sorting or pane.table.natural(scene))

    # The filter -----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where a filter is typed, `/` is a character like any other."""
        return not (action == "filter" and self.filter.editing)

    def action_filter(self) -> None:
        """Begin to type."""
        if self.panes:
            self.filter.edit(self.program.filter_text, self.desk.fields(), lambda text: self._error_in(text) is None)
            self.footer.show_keys(EDITING)
            self.draw_later()

    def on_filter_bar_typed(self, event: FilterBar.Typed) -> None:
        """Judge what was typed at once, and apply it when the typing pauses."""
        if self._typing is not None:
            self._typing.stop()
        error = self._error_in(event.text)
        self.filter.judge(error)
        self._typed = event.text if error is None else None
        self._typing = self.set_timer(APPLY_AFTER, self._apply)

    def _error_in(self, text: str) -> FilterError | None:
        try:
            self.desk.check_filter(text)
        except FilterError as error:
            return error
        return None

    def on_filter_bar_closed(self) -> None:
        """Back to the tables, with what was typed last."""
        self._apply()
        self.footer.show_keys(self.keys())
        self.draw_later()

    def _apply(self) -> None:
        if self._typed is not None:
            self.program.set_filter(self._typed)
            self._typed = None

    def action_back(self) -> None:
        """Take the filter away."""
        if self.program.filter_text:
            self.program.set_filter("")

    def action_health(self) -> None:
        """All that was not seen."""
        self.program.push_screen(HealthScreen())

    def draw_later(self) -> None:
        """Once Textual has shared out the screen anew."""
        self.draw()
        self.call_after_refresh(self.draw)

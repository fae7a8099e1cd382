"""A table on the screen: it keeps its order, its chosen row, and where it is scrolled to."""

from textual import events
from textual.message import Message

from dashboard.full.choice import Choice
from dashboard.full.desk import Scene
from dashboard.full.lines_view import LinesView
from dashboard.full.panel_sheet import Sorting
from dashboard.full.setting import Setting
from dashboard.full.sheet import Look, Sheet, column_at, column_widths, sheet_lines
from dashboard.full.tables import Table


class TablePane(LinesView):
    """Shows one table of a scene."""

    class Pressed(Message):
        """The mouse was pressed on a pane; `again` when it was on the row that was chosen already."""

        def __init__(self, pane: "TablePane", again: bool) -> None:
            super().__init__()
            self.pane = pane
            self.again = again

    def __init__(self, setting: Setting, table: Table, number: str) -> None:
        super().__init__(setting)
        self.table = table
        self.number = number
        self.focused_pane = False
        self.choice = Choice(follows=table.follows)
        self.sorting: Sorting | None = None
        self._scene: Scene | None = None
        self._sheet: Sheet | None = None
        self._identities: list[str] = []
        self._found = ""

    # What it shows --------------------------------------------------------------------------------------------------

    def show_scene(self, scene: Scene, found: str = "") -> None:
        """Show the table of this scene, and mark what was looked for."""
        self._scene, self._found = scene, found
        self.sorting = self.sorting or self.table.natural(scene)
        self._identities = self.table.identities(scene, self.sorting)
        self._settle(self.choice.settled(self._identities, self.rows))

    def show_table(self, table: Table, scene: Scene | None) -> None:
        """Show another table, from its first row."""
        self.table, self.sorting, self.choice = table, None, Choice(follows=table.follows)
        if scene is not None:
            self.show_scene(scene)

    @property
    def rows(self) -> int:
        """How many rows are seen at a time: one line is the heading, one may be the rest."""
        rest = self._scene is not None and self.table.has_rest(self._scene)
        return max(1, self.size.height - 1 - int(rest))

    def _settle(self, choice: Choice) -> None:
        self.choice = choice
        if self._scene is None or self.sorting is None or not self.size.height:
            return
        shown = slice(choice.first, choice.first + self.rows)
        page = self.page
        self._sheet = self.table.sheet(self._scene, self.sorting, shown, page)
        self.show(sheet_lines(self._sheet, self._look(self.sorting), page))

    def _look(self, sorting: Sorting) -> Look:
        return Look(
            focused=self.focused_pane,
            number=self.number,
            cursor=self.choice.index - self.choice.first if self._identities else None,
            sorted_by=sorting.column,
            descending=sorting.descending,
            note=self._note(sorting),
            found=self._found,
        )

    def _note(self, sorting: Sorting) -> str:
        """How far down the chosen row is; whether the list follows."""
        count = len(self._identities)
        if self.table.follows and self._scene is not None and sorting == self.table.natural(self._scene):
            return "following" if self.choice.follows else "held: G follows again"
        return f"{self.choice.index + 1}/{count}" if count > self.rows and self.focused_pane else ""

    def focus_on(self, focused: bool) -> None:
        """Whether the keys are for it now."""
        if focused != self.focused_pane:
            self.focused_pane = focused
            self._settle(self.choice)

    def on_resize(self) -> None:
        """Show as many rows as there is room for."""
        self._settle(self.choice.settled(self._identities, self.rows))

    # What the keys do -----------------------------------------------------------------------------------------------

    def move(self, by: int) -> None:
        """Choose another row."""
        self.choose(self.choice.index + by)

    def move_page(self, by: int) -> None:
        """Choose a row so many pages away."""
        self.move(by * self.rows)

    def choose(self, index: int) -> None:
        """Choose a row by its number; a list of exchanges follows when it is the last one."""
        last = index >= len(self._identities) - 1
        choice = self.choice.at(index, self._identities, self.rows)
        self._settle(choice.following(self.table.follows and last))

    def choose_last(self) -> None:
        """Choose the last row."""
        self.choose(len(self._identities) - 1)

    def sort(self) -> None:
        """Sort by the next column."""
        if self._scene is None or self.sorting is None:
            return
        names = self.table.sortable(self._scene)
        if names:
            place = names.index(self.sorting.column) if self.sorting.column in names else -1
            self.sort_by(names[(place + 1) % len(names)])

    def sort_by(self, column: str) -> None:
        """Sort by a column, its highest first; by the natural one in its natural order."""
        if self._scene is None:
            return
        natural = self.table.natural(self._scene)
        self._reorder(natural if natural.column == column else Sorting(column))

    def reverse(self) -> None:
        """Sort the other way round."""
        if self.sorting is not None:
            self._reorder(Sorting(self.sorting.column, not self.sorting.descending))

    def _reorder(self, sorting: Sorting) -> None:
        """After a change of order one looks at the top; a list that follows looks at its end."""
        if self._scene is None or not self.table.sortable(self._scene):
            return
        self.sorting = sorting
        follows = self.table.follows and sorting == self.table.natural(self._scene)
        self.choice = Choice(follows=follows)
        self.show_scene(self._scene, self._found)

    @property
    def identity(self) -> str | None:
        """The chosen row."""
        return self.choice.identity

    @property
    def identities(self) -> list[str]:
        """All rows, in order."""
        return self._identities

    # The mouse ------------------------------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """On a row: choose it; on the chosen one again: open it. On a heading: sort by it."""
        index = self.choice.first + event.y - 1
        on_row = event.y > 0 and index < min(len(self._identities), self.choice.first + self.rows)
        again = self.focused_pane and on_row and index == self.choice.index
        if event.y == 0 and self.focused_pane:
            self._press_heading(event.x)
        elif on_row:
            self.choose(index)
        self.post_message(self.Pressed(self, again))

    def _press_heading(self, x: int) -> None:
        if self._sheet is None or self.sorting is None:
            return
        column = column_at(self._sheet, column_widths(self._sheet, self.size.width), x)
        if column and column == self.sorting.column:
            self.reverse()
        elif column:
            self.sort_by(column)

    def on_mouse_scroll_down(self) -> None:
        """Like the key."""
        self.move(1)

    def on_mouse_scroll_up(self) -> None:
        """Like the key."""
        self.move(-1)

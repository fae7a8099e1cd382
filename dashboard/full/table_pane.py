"""A table on the screen, with its order, its chosen row, and how far it is scrolled.

Once the user has chosen a row, the choice stays with that row wherever it moves; when the row is gone, the choice stays
at its place. Until then the first row is chosen, whichever that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import events
from textual.message import Message

from dashboard.full.desk import Scene
from dashboard.full.paint import Appearance
from dashboard.full.table import ScreenTable, Sorting, TableContent, TableState, column_at, column_widths, table_lines
from dashboard.full.widgets import LinesView

SPELLED = {"dns": "DNS", "grpc": "gRPC", "http": "HTTP", "quic": "QUIC", "saas": "SaaS", "tls": "TLS"}
"""Words of names that are not written in lower case."""


@dataclass(frozen=True)
class Choice:
    """Holds which row of a table is selected."""

    identity: str | None = None
    index: int = 0
    first: int = 0
    """Index of the first visible row."""
    held: bool = False
    """Whether the user selected the row."""
    follows: bool = False
    """Whether the selection stays at the last row while new rows arrive below."""

    def settled(self, identities: Sequence[str], rows: int) -> "Choice":
        """Find the selected row among the current rows, of which `rows` are visible."""
        if not identities:
            return replace(self, identity=None, index=0, first=0)
        index = min(self.index, len(identities) - 1)
        if self.follows:
            index = len(identities) - 1
        elif self.held and self.identity is not None and identities[index] != self.identity:
            index = identities.index(self.identity) if self.identity in identities else index
        return replace(self, identity=identities[index], index=index, first=self._first(index, len(identities), rows))

    def following(self, follows: bool) -> "Choice":
        """Start or stop to follow the last row."""
        return replace(self, follows=follows)

    def at(self, index: int, identities: Sequence[str], rows: int) -> "Choice":
        """Select row `index`, or the nearest there is."""
        if not identities:
            return replace(self, identity=None, index=0, first=0)
        index = min(max(0, index), len(identities) - 1)
        first = self._first(index, len(identities), rows)
        return replace(self, identity=identities[index], index=index, first=first, held=True)

    def _first(self, index: int, count: int, rows: int) -> int:
        """Scroll as little as possible so that the selected row is visible and no line is left empty."""
        first = min(max(self.first, index - rows + 1), index)
        return max(0, min(first, count - rows))


class TablePane(LinesView):
    """Shows one table of a scene."""

    class Pressed(Message):
        """The mouse was pressed on a pane; `again` if it was on the row that was selected already."""

        def __init__(self, pane: "TablePane", again: bool) -> None:
            super().__init__()
            self.pane = pane
            self.again = again

    def __init__(self, appearance: Appearance, table: ScreenTable, number: str) -> None:
        super().__init__(appearance)
        self.table = table
        self.number = number
        self.focused_pane = False
        self.choice = Choice(follows=table.follows)
        self.sorting: Sorting | None = None
        self._scene: Scene | None = None
        self._content: TableContent | None = None
        self._identities: list[str] = []
        self._found = ""
        self._place = (0, 0, 0, 0)

    # What it shows --------------------------------------------------------------------------------------------------

    def show_scene(self, scene: Scene, found: str = "") -> None:
        """Show the table of this scene, and mark the text that was found."""
        self._scene, self._found = scene, found
        self.sorting = self.sorting or self.table.natural(scene)
        self._identities = self.table.identities(scene, self.sorting)
        self._settle(self.choice.settled(self._identities, self.rows))

    def show_table(self, table: ScreenTable, scene: Scene | None) -> None:
        """Show another table from its first row."""
        self.table, self.sorting, self.choice = table, None, Choice(follows=table.follows)
        if scene is not None:
            self.show_scene(scene)

    @property
    def rows(self) -> int:
        """Return how many rows are visible: one line is the heading, one may be the rest."""
        rest = self._scene is not None and self.table.has_rest(self._scene)
        return max(1, self.size.height - 1 - int(rest))

    def wanted(self, scene: Scene) -> int:
        """Return how many lines the table would fill."""
        return 1 + max(1, self.table.rows(scene)) + int(self.table.has_rest(scene))

    @property
    def name_in_words(self) -> str:
        """Return a short name for the table, such as `user agents`."""
        words = self.table.name.removeprefix("top_").split("_")
        return " ".join(SPELLED.get(word, word) for word in words)

    def stand(self, left: int, top: int, width: int, height: int) -> None:
        """Move to a place within the container."""
        place = (left, top, width, height)
        if place != self._place:
            self._place = place
            self.styles.offset = (left, top)
            self.styles.width, self.styles.height = width, height

    def _settle(self, choice: Choice) -> None:
        self.choice = choice
        if self._scene is None or self.sorting is None or not self.size.height:
            return
        shown = slice(choice.first, choice.first + self.rows)
        page = self.page
        self._content = self.table.content(self._scene, self.sorting, shown, page)
        self.show(table_lines(self._content, self._state(self.sorting), page))

    def _state(self, sorting: Sorting) -> TableState:
        return TableState(
            focused=self.focused_pane,
            number=self.number,
            cursor=self.choice.index - self.choice.first if self._identities else None,
            sorted_by=sorting.column,
            descending=sorting.descending,
            note=self._note(sorting),
            found=self._found,
        )

    def _note(self, sorting: Sorting) -> str:
        """Say how far down the selected row is, or whether the list follows the latest."""
        count = len(self._identities)
        if self.table.follows and self._scene is not None and sorting == self.table.natural(self._scene):
            return "following" if self.choice.follows else "held: G follows again"
        return f"{self.choice.index + 1}/{count}" if count > self.rows and self.focused_pane else ""

    def focus_on(self, focused: bool) -> None:
        """Get or lose the focus."""
        if focused != self.focused_pane:
            self.focused_pane = focused
            self._settle(self.choice)

    def on_resize(self) -> None:
        """Show as many rows as there is room for."""
        self._settle(self.choice.settled(self._identities, self.rows))

    # What the keys do -----------------------------------------------------------------------------------------------

    def move(self, by: int) -> None:
        """Select another row."""
        self.choose(self.choice.index + by)

    def move_page(self, by: int) -> None:
        """Select a row this many pages away."""
        self.move(by * self.rows)

    def choose(self, index: int) -> None:
        """Select a row by its index; a live list follows once its last row is selected."""
        last = index >= len(self._identities) - 1
        choice = self.choice.at(index, self._identities, self.rows)
        self._settle(choice.following(self.table.follows and last))

    def choose_last(self) -> None:
        """Select the last row."""
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
        """Sort by a column, highest first, or in its natural order."""
        if self._scene is None:
            return
        natural = self.table.natural(self._scene)
        self._reorder(natural if natural.column == column else Sorting(column))

    def reverse(self) -> None:
        """Reverse the order."""
        if self.sorting is not None:
            self._reorder(Sorting(self.sorting.column, not self.sorting.descending))

    def _reorder(self, sorting: Sorting) -> None:
        """Change the order and return to the top, or to the end of a list that follows."""
        if self._scene is None or not self.table.sortable(self._scene):
            return
        self.sorting = sorting
        follows = self.table.follows and sorting == self.table.natural(self._scene)
        self.choice = Choice(follows=follows)
        self.show_scene(self._scene, self._found)

    @property
    def identity(self) -> str | None:
        """Return the identity of the selected row."""
        return self.choice.identity

    @property
    def scene(self) -> Scene | None:
        """Return the scene whose rows are shown."""
        return self._scene

    @property
    def identities(self) -> list[str]:
        """Return the identities of all rows, in order."""
        return self._identities

    # The mouse ------------------------------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Select the row that is pressed, open it if it was selected already, or sort by the pressed heading."""
        index = self.choice.first + event.y - 1
        on_row = event.y > 0 and index < min(len(self._identities), self.choice.first + self.rows)
        again = self.focused_pane and on_row and index == self.choice.index
        if event.y == 0 and self.focused_pane:
            self._press_heading(event.x)
        elif on_row:
            self.choose(index)
        self.post_message(self.Pressed(self, again))

    def _press_heading(self, x: int) -> None:
        if self._content is None or self.sorting is None:
            return
        column = column_at(self._content, column_widths(self._content, self.size.width), x)
        if column and column == self.sorting.column:
            self.reverse()
        elif column:
            self.sort_by(column)

    def on_mouse_scroll_down(self) -> None:
        """Select the next row."""
        self.move(1)

    def on_mouse_scroll_up(self) -> None:
        """Select the previous row."""
        self.move(-1)

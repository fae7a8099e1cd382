"""A screen with tables, one of which is focused: the keys select panels and rows."""

from collections.abc import Sequence

from dashboard.full.desk import Scene
from dashboard.full.panel_board import PanelBoard
from dashboard.full.panels import PanelTable
from dashboard.full.program_screen import ProgramScreen
from dashboard.full.state import ScreenState
from dashboard.full.table_pane import TablePane


class PaneScreen(ProgramScreen):
    """Shows the tables of a board that the user chose."""

    def __init__(self, state: ScreenState) -> None:
        super().__init__(state)
        self.board = PanelBoard(self.state.appearance)
        self.panes: list[TablePane] = []
        """The tables that the user chose, in order."""
        self.place = 0
        """Which of them is focused."""
        self.zoomed = False
        """Whether the focused table has the whole screen."""
        self._moved = False
        """Whether the user has focused a table; until then, an empty one does not keep the focus."""

    @property
    def pane(self) -> TablePane | None:
        """Return the focused table."""
        return self.panes[self.place] if self.panes else None

    # Panels ---------------------------------------------------------------------------------------------------------

    def choose_panes(self, scene: Scene) -> None:
        """Take the tables that the user chose; if the focused one is not among them, or of no use, focus the first."""
        focused, panes = self.pane, self.board.chosen(scene.view)
        if panes == self.panes:
            return
        self.panes = panes
        used = focused is not None and (self._moved or self.zoomed or focused.identity is not None)
        self.place = panes.index(focused) if used and focused in panes else 0
        if focused is not None:
            focused.focus_on(False)
        panes[self.place].focus_on(True)
        self._look_closer()

    def shown(self) -> Sequence[TablePane]:
        """Return the tables for which there is room."""
        return [pane for pane in self.panes if pane.display]

    def action_zoom(self) -> None:
        """Give the screen to the focused table, or share it out again."""
        self.zoomed = not self.zoomed
        self.draw_later()

    def focus_pane(self, place: int) -> None:
        """Focus this panel, and scroll it onto the screen."""
        if not 0 <= place < len(self.panes):
            return
        self.panes[self.place].focus_on(False)
        self.place, self._moved = place, True
        self.panes[place].focus_on(True)
        self._look_closer()
        self.draw()

    def _look_closer(self) -> None:
        """Ask for more rows of the focused panel, and of panels that are not in their natural order."""
        scene = self.state.scene
        wanted = {
            pane.table.name
            for place, pane in enumerate(self.panes)
            if place == self.place or (scene and pane.sorting and pane.sorting != pane.table.natural(scene))
        }
        if not wanted <= set(self.state.long_panels):
            self.state.wake()
        self.state.long_panels = wanted

    def action_panel(self, number: int) -> None:
        """Focus the panel with this number, if there is one."""
        numbers = [pane.number for pane in self.panes]
        if str(number) in numbers:
            self.focus_pane(numbers.index(str(number)))

    def action_panel_by(self, by: int) -> None:
        """Focus the next or the previous panel."""
        if self.panes:
            self.focus_pane((self.place + by) % len(self.panes))

    def focus_named(self, name: str) -> None:
        """Focus a table; if the user hid it, show it again."""
        if name in self.state.appearance.panels.choice.hidden:
            self.state.appearance.panels.keep(self.state.appearance.panels.choice.toggled(name))
            self.draw()
        self.focus_pane(next((place for place, pane in enumerate(self.panes) if pane.table.name == name), -1))

    # Rows -----------------------------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Select another row."""
        if self.pane:
            self.pane.move(by)

    def action_page(self, by: int) -> None:
        """Select a row a page away."""
        if self.pane:
            self.pane.move_page(by)

    def action_first(self) -> None:
        """Select the first row."""
        if self.pane:
            self.pane.choose(0)

    def action_last(self) -> None:
        """Select the last row."""
        if self.pane:
            self.pane.choose_last()

    def action_sort(self) -> None:
        """Sort by the next column."""
        if self.pane:
            self.pane.sort()

    def action_reverse(self) -> None:
        """Reverse the order."""
        if self.pane:
            self.pane.reverse()

    def action_next_match(self, by: int) -> None:
        """Select the next row that contains the filter's text, in this panel or the ones after it."""
        found = self.state.sought
        if not found or self.state.scene is None:
            return
        rows = [(pane, row) for pane in range(len(self.panes)) for row in range(len(self._rows_of(pane)))]
        here = (self.place, self.panes[self.place].choice.index)
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
        pane, scene = self.panes[place], self.state.scene
        if scene is None or not isinstance(pane.table, PanelTable):
            return []
        return pane.table.identities(scene, pane.sorting or pane.table.natural(scene))

    def draw_later(self) -> None:
        """Draw now, and again once Textual has laid out the screen."""
        self.draw()
        self.call_after_refresh(self.draw)

"""The page of `p`: which panels are shown, and in which order."""

from collections.abc import Sequence

from dashboard.full.desk import Scene
from dashboard.full.keys import PANELS
from dashboard.full.paint import ScreenPage
from dashboard.full.panel_choice import PanelChoice
from dashboard.full.program_screen import bindings
from dashboard.full.state import ScreenState
from dashboard.full.text_screens import TextScreen
from view import cells
from view.page import EMPTY, Line, Page, Piece, Style

HEADING: Sequence[Line] = ((Piece("Panels", Style.HEADING), Piece("  Space shows or hides, J and K move")), EMPTY)
HINT = "To add other statistics, restart with --set statistics=+NAME; docs/statistics.md lists them."


def panel_choice_lines(titles: dict[str, str], choice: PanelChoice, chosen: str, page: Page) -> list[Line]:
    """List all panels in their order; those that are shown have a mark."""
    lines = list(HEADING)
    for name in choice.arranged(tuple(titles)):
        mark = (">" if page.ascii_only else "▸") if name == chosen else " "
        text = f"{mark} [{' ' if name in choice.hidden else 'x'}] {page.text(titles[name])}"
        style = Style.CURSOR if name == chosen else Style.QUIET if name in choice.hidden else Style.PLAIN
        lines.append((Piece(cells.pad_right(text, page.width) if name == chosen else text, style),))
    return [*lines, EMPTY, *page.wrap(HINT, Style.QUIET)]


class PanelScreen(TextScreen):
    """Lets the user choose; every change is kept at once."""

    KEYS = PANELS
    BINDINGS = bindings(PANELS)

    def __init__(self, state: ScreenState, titles: dict[str, str]) -> None:
        """`titles` are those of all panels, by name, in their usual order."""
        super().__init__(state)
        self._titles = titles
        self._chosen = state.appearance.panels.choice.arranged(tuple(titles))[0]

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """List the panels."""
        return panel_choice_lines(self._titles, self.state.appearance.panels.choice, self._chosen, page)

    def action_move(self, by: int) -> None:
        """Select another panel, and scroll to it."""
        names = self.state.appearance.panels.choice.arranged(tuple(self._titles))
        place = min(max(0, names.index(self._chosen) + by), len(names) - 1)
        self._chosen = names[place]
        line = place + len(HEADING)
        self.first = min(max(self.first, line + 3 - self.body.size.height), line if place else 0)
        self.draw()

    def action_first(self) -> None:
        """Select the first panel."""
        self.action_move(-len(self._titles))

    def action_last(self) -> None:
        """Select the last panel."""
        self.action_move(len(self._titles))

    def action_show_or_hide(self) -> None:
        """Show or hide the selected panel."""
        self._keep(self.state.appearance.panels.choice.toggled(self._chosen))

    def action_shift(self, by: int) -> None:
        """Move the selected panel up or down."""
        self._keep(self.state.appearance.panels.choice.moved(self._chosen, by, tuple(self._titles)))
        self.action_move(0)

    def action_reset(self) -> None:
        """Show all panels in their usual order."""
        self._keep(PanelChoice())
        self.action_move(0)

    def _keep(self, choice: PanelChoice) -> None:
        trouble = self.state.appearance.panels.keep(choice)
        self.state.warn([trouble] if trouble and trouble not in self.state.warnings else [])
        self.draw()

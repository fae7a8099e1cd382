"""The part of the main screen where the tables stand: all of them, the chosen ones, and where each is."""

from collections.abc import Sequence

from textual.containers import Container

from dashboard.full import layout
from dashboard.full.alerts import AlertTable
from dashboard.full.exchanges import ExchangeTable
from dashboard.full.paint import Appearance, ScreenPage
from dashboard.full.panels import PanelTable
from dashboard.full.table import ScreenTable
from dashboard.full.table_pane import TablePane
from view.page import Line, Piece, Style
from view.view import View

LETTERS = {"exchanges": "e", "alerts": "a"}
"""Keys of the tables that have no number."""
UNSEEN = "  (nothing seen yet)"
"""Follows the title of a panel that is hidden until its statistic has counted something."""
GUTTER = 2
"""Cells between columns of tables."""


def hidden_line(names: Sequence[tuple[str, str]], zoomed: bool, page: ScreenPage) -> Line:
    """Name the tables that are not shown, with their keys; the last item says how many more there are."""
    lead: Line = (Piece("z", Style.KEY), Piece(" all panels")) if zoomed else (Piece("Not shown", Style.QUIET),)
    items: list[Line] = [
        (Piece(f"{key}: " if key else "", Style.HEADING), Piece(page.text(name), Style.QUIET)) for key, name in names
    ]
    for left in range(len(items) + 1):
        more: list[Line] = [(Piece(f"and {left} more", Style.QUIET),)] if left else []
        line, *further = page.flow([lead, *items[: len(items) - left], *more], gap=2)
        if not further:
            return line
    return lead


class PanelBoard(Container):
    """Holds the tables."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(id="panels")
        self._appearance = appearance
        self._all: dict[str, TablePane] = {}
        """All tables by name, in their usual order."""
        self._first = 0
        """Index of the first table on the screen."""

    def fill(self, view: View, exchanges: bool) -> None:
        """Make a table for each panel of the first View, those of exchanges if there are any, and those of alerts."""
        if self._all:
            return
        tables: list[ScreenTable] = [PanelTable(panel.name) for panel in view.panels]
        if exchanges:
            tables.append(ExchangeTable(self._appearance.discretion, self._appearance.marks))
        tables.append(AlertTable())
        self._all = {table.name: TablePane(self._appearance, table, "") for table in tables}
        for pane in self._all.values():
            pane.display = False
        self.mount(*self._all.values())

    def titles(self, view: View) -> dict[str, str]:
        """Return the title of every table by name, in their usual order."""
        titles = {panel.name: panel.title + ("" if panel.seen else UNSEEN) for panel in view.panels}
        return {name: titles.get(name, name.capitalize()) for name in self._all}

    def chosen(self, view: View) -> list[TablePane]:
        """Number the tables that the user chose, and return them; all of them if none is left. Others disappear.

        Panels that are hidden until something was seen are left out. Without requests, those of TLS or QUIC come first.
        """
        unseen = {panel.name for panel in view.panels if not panel.seen}
        there = tuple(name for name in self._all if name not in unseen)
        names = self._appearance.panels.choice.shown(there) or there
        requests = view.health.requests if view.fleet is None else view.requests
        if not (requests if view.filter is None else view.filter.matched):
            filled = {panel.name for panel in view.panels if panel.rows}
            names = sorted(names, key=lambda name: name not in filled)
        digits = iter("123456789")
        for name in names:
            self._all[name].number = LETTERS.get(name) or next(digits, "")
        for name in self._all.keys() - set(names):
            self._all[name].display = False
            self._all[name].focus_on(False)
        return [self._all[name] for name in names]

    def place(self, panes: Sequence[TablePane], wanted: Sequence[int], focus: int, shared: layout.Layout) -> None:
        """Move the tables to their places, so that the focused one is on the screen; without a chart, it is alone."""
        if not shared.chart:
            self._first, found = focus, [layout.Place(0, 0, shared.lines)]
        else:
            self._first = layout.first_shown(focus, self._first, wanted, shared)
            found = layout.places(wanted, self._first, shared)
        width = (self.size.width - GUTTER * (shared.abreast - 1)) // shared.abreast
        for number, pane in enumerate(panes, -self._first):
            pane.display = 0 <= number < len(found)
            if pane.display:
                pane.stand(found[number].column * (width + GUTTER), found[number].top, width, found[number].height)

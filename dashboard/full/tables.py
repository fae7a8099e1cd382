"""The tables of the main screen: what each makes of a scene. Pure."""

from collections.abc import Sequence
from typing import Protocol

from dashboard.full import alert_sheet, exchange_sheet, panel_sheet
from dashboard.full.desk import Scene
from dashboard.full.panel_sheet import Sorting
from dashboard.full.sheet import Sheet
from traffic.records import Exchange
from view.exchange_line import Discretion
from view.page import Page
from view.view import Panel


class Table(Protocol):
    """One of them."""

    @property
    def name(self) -> str:
        """By which it is known."""

    @property
    def follows(self) -> bool:
        """Whether new rows come below, so that the last one is worth following."""

    def natural(self, scene: Scene) -> Sorting:
        """Its order at first."""

    def sortable(self, scene: Scene) -> Sequence[str]:
        """The columns it can be sorted by, one after the other."""

    def identities(self, scene: Scene, sorting: Sorting) -> list[str]:
        """One for each row, in order."""

    def has_rest(self, scene: Scene) -> bool:
        """Whether a line below the rows tells what the rest adds up to."""

    def sheet(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> Sheet:
        """The table with those rows."""


class PanelTable:
    """The top list of a statistic."""

    follows = False

    def __init__(self, name: str) -> None:
        self.name = name

    def panel(self, scene: Scene) -> Panel:
        """The panel in this scene."""
        return next(panel for panel in scene.view.panels if panel.name == self.name)

    def natural(self, scene: Scene) -> Sorting:
        """As the store ranks it."""
        return panel_sheet.natural(self.panel(scene))

    def sortable(self, scene: Scene) -> Sequence[str]:
        """Figures and the key."""
        return panel_sheet.sortable(self.panel(scene))

    def identities(self, scene: Scene, sorting: Sorting) -> list[str]:
        """The keys."""
        return [row.key for row in panel_sheet.in_order(self.panel(scene), sorting)]

    def has_rest(self, scene: Scene) -> bool:
        """Where there are more keys than rows."""
        return self.panel(scene).other.window.count > 0

    def sheet(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> Sheet:
        """Those rows, and the rest below."""
        return panel_sheet.panel_sheet(self.panel(scene), sorting, rows, page)


class ExchangeTable:
    """The live list of exchanges."""

    name = "exchanges"
    follows = True

    def __init__(self, discretion: Discretion) -> None:
        self._discretion = discretion

    def natural(self, scene: Scene) -> Sorting:
        """The latest below."""
        return exchange_sheet.NATURAL

    def sortable(self, scene: Scene) -> Sequence[str]:
        """Most columns."""
        return exchange_sheet.SORTABLE

    def identities(self, scene: Scene, sorting: Sorting) -> list[str]:
        """What tells exchanges apart."""
        return [exchange_sheet.identity(exchange) for exchange in self.exchanges(scene, sorting)]

    def exchanges(self, scene: Scene, sorting: Sorting) -> Sequence[Exchange]:
        """All rows. The slowest are those of all exchanges that are kept, not of the latest ones alone."""
        if sorting == Sorting(exchange_sheet.RESPONSE):
            return scene.slowest
        return exchange_sheet.in_order(scene.latest, sorting)

    def has_rest(self, scene: Scene) -> bool:
        """No: each is told."""
        return False

    def sheet(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> Sheet:
        """Those exchanges."""
        return exchange_sheet.exchange_sheet("Exchanges", self.exchanges(scene, sorting)[rows], self._discretion, page)


class AlertTable:
    """The alerts of the retention time."""

    name = "alerts"
    follows = False

    def natural(self, scene: Scene) -> Sorting:
        """The latest above."""
        return Sorting("since")

    def sortable(self, scene: Scene) -> Sequence[str]:
        """None: they are few."""
        return ()

    def identities(self, scene: Scene, sorting: Sorting) -> list[str]:
        """When and what for."""
        return [alert_sheet.identity(alert) for alert in scene.view.alerts]

    def has_rest(self, scene: Scene) -> bool:
        """No: each is told."""
        return False

    def sheet(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> Sheet:
        """Those alerts."""
        return alert_sheet.alert_sheet(scene.view, rows, page)

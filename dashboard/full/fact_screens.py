"""Screens about one row: an alert or an exchange. The keys select a fact, and go on to the next row."""

from collections.abc import Sequence

from dashboard.full.alerts import alert_facts, alert_heading, identity
from dashboard.full.desk import Scene
from dashboard.full.exchanges import ExchangeTable, exchange_facts
from dashboard.full.exchanges import identity as exchange_identity
from dashboard.full.facts import Fact, Span, fact_lines, scrolled, spans
from dashboard.full.keys import ALERT, EXCHANGE, FACTS
from dashboard.full.mute_screen import MuteScreen
from dashboard.full.paint import ScreenPage
from dashboard.full.program_screen import bindings
from dashboard.full.state import ScreenState
from dashboard.full.table_pane import TablePane
from dashboard.full.text_screens import TextScreen
from traffic.records import Exchange
from view.page import Line, Piece, Style
from view.view import AlertView, SignalView


class FactScreen(TextScreen):
    """Shows facts, one of which is selected. The row they are about is the selected one of `pane`."""

    KEYS = FACTS
    BINDINGS = bindings(FACTS)

    def __init__(self, state: ScreenState, pane: TablePane) -> None:
        super().__init__(state)
        self.pane = pane
        self.chosen = 0
        """Index of the selected fact."""

    def heading(self, page: ScreenPage) -> list[Line]:
        """Return the lines above the facts."""
        return []

    def facts(self, page: ScreenPage) -> list[Fact]:
        """List the facts."""
        return []

    def show_row(self) -> None:
        """Take the row that is now selected."""

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """Return heading and facts."""
        blocks = fact_lines(self.facts(page), self.chosen, page)
        return [*self.heading(page), *(line for block in blocks for line in block)]

    def _spans(self) -> list[Span]:
        page = self.body.page
        return spans(list(fact_lines(self.facts(page), self.chosen, page)), len(self.heading(page)))

    def term(self) -> str:
        """Return the term of the selected fact."""
        return self.facts(self.body.page)[self.chosen].term

    def action_move(self, by: int) -> None:
        """Select another fact, once all lines of the selected one have been visible."""
        places, height = self._spans(), self.body.size.height - 1  # the last line may say that there is more
        here = places[self.chosen]
        if by == 1 and here.end > self.first + height:
            self.first += 1
        elif by == -1 and here.start < self.first:
            self.first -= 1
        else:
            self.chosen = max(0, min(self.chosen + by, len(places) - 1))
            self.first = scrolled(self.first, places[self.chosen], height) if self.chosen else 0
        self._show(self.state.scene)

    def action_page(self, by: int) -> None:
        """Select a fact a page away."""
        self.action_move(by * max(1, self.body.size.height - 1))

    def action_first(self) -> None:
        """Select the first fact."""
        self.action_move(-self.chosen)

    def action_step(self, by: int) -> None:
        """Show the next or the previous row of the list."""
        if self.moves(self.pane, by):
            self.show_row()
            self._show(self.state.scene)


class AlertScreen(FactScreen):
    """Shows everything about one alert, and follows it while it is active."""

    KEYS = ALERT
    BINDINGS = bindings(ALERT)

    def __init__(self, state: ScreenState, pane: TablePane, alert: AlertView) -> None:
        super().__init__(state, pane)
        self.alert = alert
        self._now = 0.0
        self._standing: SignalView | None = None

    def chosen_alert(self) -> AlertView:
        """Return the alert."""
        return self.alert

    def signal(self) -> str:
        """Return the signal of the alert; those of sensors are judged elsewhere."""
        return self.alert.signal

    def action_relearn(self) -> None:
        """Let the signal learn again, unless a sensor judges it, or nobody."""
        if self.alert.sensor:
            self.say("the sensor judges this signal itself")
        elif self.is_enabled(self.alert):
            super().action_relearn()

    def ask_how_long(self, about: str, name: str) -> None:
        """Ask how long to mute the signal."""
        self.app.push_screen(MuteScreen(self.state, about, name))

    def heading(self, page: ScreenPage) -> list[Line]:
        """Return the explanation."""
        return alert_heading(self.alert, page)

    def facts(self, page: ScreenPage) -> list[Fact]:
        """List the figures and the contributors."""
        return list(alert_facts(self.alert, self._now, page, self._standing))

    def show_row(self) -> None:
        """Show the alert that is now selected."""
        if self.pane.scene is not None:
            self.alert = self.pane.scene.view.alerts[self.pane.choice.index]

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """Show how the alert stands now."""
        if scene is not None:
            same = (each for each in scene.view.alerts if identity(each) == identity(self.alert))
            self.alert, self._now = next(same, self.alert), scene.view.now
            judged = () if self.alert.sensor else scene.view.signals
            self._standing = next((each for each in judged if each.name == self.alert.signal), None)
        return super().lines(ScreenPage(page.width, None, page.ascii_only, page.zone), scene)


class ExchangeScreen(FactScreen):
    """Shows everything about one exchange."""

    KEYS = EXCHANGE
    BINDINGS = bindings(EXCHANGE)

    def __init__(self, state: ScreenState, pane: TablePane, exchange: Exchange) -> None:
        super().__init__(state, pane)
        self.exchange = exchange

    def heading(self, page: ScreenPage) -> list[Line]:
        """Return the name of the page."""
        return [(Piece("Exchange", Style.HEADING),), ()]

    def facts(self, page: ScreenPage) -> list[Fact]:
        """List each fact."""
        label = self.state.appearance.marks.of(exchange_identity(self.exchange))
        facts = list(exchange_facts(self.exchange, self.state.appearance.discretion, page))
        return [*facts, Fact("Label", label)] if label else facts

    def chosen_exchange(self) -> Exchange:
        """Return the exchange."""
        return self.exchange

    def show_row(self) -> None:
        """Show the exchange that is now selected."""
        self.exchange = chosen_exchange(self.pane) or self.exchange


def chosen_exchange(pane: TablePane) -> Exchange | None:
    """Return the exchange of the selected row; None if the table has no exchanges."""
    table, scene, sorting = pane.table, pane.scene, pane.sorting
    if not isinstance(table, ExchangeTable) or scene is None or sorting is None or pane.identity is None:
        return None
    return table.exchanges(scene, sorting)[pane.choice.index]

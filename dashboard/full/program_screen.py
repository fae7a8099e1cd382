"""The base of all screens: they show a scene, and have keys, health lines and a footer."""

from collections.abc import Sequence

from textual.binding import Binding
from textual.screen import Screen

from alerting.terms import Choice
from dashboard.full.desk import Scene
from dashboard.full.exchanges import identity
from dashboard.full.keys import Key, of_fleet
from dashboard.full.state import ScreenState
from dashboard.full.status_lines import health_lines
from dashboard.full.table_pane import TablePane
from dashboard.full.widgets import FooterView, LinesView, set_height
from store.filtering.errors import FilterError
from store.filtering.narrowing import opposite
from traffic.records import Exchange
from view.curl import curl_command
from view.view import AlertView, SignalView


def bindings(keys: Sequence[Key]) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Convert keys to Textual's bindings."""
    return [Binding(",".join(key.names), key.action, key.help, show=False, priority=key.first) for key in keys]


class ProgramScreen(Screen[None]):
    """Shows the scene of a shared state."""

    AUTO_FOCUS = ""
    KEYS: Sequence[Key] = ()

    def __init__(self, state: ScreenState) -> None:
        super().__init__()
        self.state = state
        self.ready = False
        """Whether the widgets exist."""
        self.health = LinesView(state.appearance, id="health")
        self.footer = FooterView(state.appearance, self.keys())

    def keys(self) -> Sequence[Key]:
        """List the keys that do something at the moment."""
        filtered = bool(self.state.filter_text)
        keys = self.KEYS if self.state.desk.keeps_exchanges else of_fleet(self.KEYS)
        return [key for key in keys if filtered or not key.filtered]

    def show_scene(self, scene: Scene) -> None:
        """Show a scene; each kind of screen does so in its own way."""

    def say(self, sentence: str) -> None:
        """Tell the user what a key did, or why it did nothing."""
        self.footer.say(sentence)

    def moves(self, pane: TablePane, by: int) -> bool:
        """Select the next or the previous row of a table; return False and say so if there is none."""
        before = pane.identity
        pane.move(by)
        if pane.identity != before:
            return True
        self.say("this is the last row" if by > 0 else "this is the first row")
        return False

    def draw(self) -> None:
        """Show the same scene again, after a change of theme or size."""
        if not self.ready:
            return
        if self.state.scene is not None:
            self.show_scene(self.state.scene)
        self.footer.draw()

    # A filter from where the user is ---------------------------------------------------------------------------------

    def term(self) -> str:
        """Return a filter's term for what is selected; empty if nothing is, or if it cannot be filtered."""
        return ""

    def terms(self, excluded: bool) -> Sequence[str]:
        """Return the terms that filter by what is selected, or exclude it."""
        wanted = self.term()
        return [opposite(wanted) if excluded else wanted] if wanted else []

    def action_narrow(self, excluded: bool) -> None:
        """Filter by what is selected, or exclude it, and show the main screen."""
        terms = self.terms(excluded)
        try:
            text = self.state.desk.narrowed(terms)
        except FilterError as error:
            self.say(f"cannot filter by this: {error.message}")
            return
        if not terms:
            self.say("nothing is selected that a filter can match")
            return
        self.state.set_filter(text)
        self._return_to_main()

    def _return_to_main(self) -> None:
        """Close all screens but the first."""
        self.state.desk.close_detail()
        for _ in self.app.screen_stack[1:]:
            self.app.pop_screen()

    # Exchanges for other programs -----------------------------------------------------------------------------------

    def chosen_exchange(self) -> Exchange | None:
        """Return the exchange that the screen is about, or that is selected."""
        return None

    def action_curl(self) -> None:
        """Copy the selected exchange as a command."""
        exchange = self.chosen_exchange()
        command = "" if exchange is None else curl_command(exchange, self.state.appearance.discretion)
        if not command:
            self.say("no exchange with a request is selected")
            return
        self.app.copy_to_clipboard(command)
        self.say(f"copied: {command}")

    def action_mark(self, label: str) -> None:
        """Mark the selected exchange as good or bad, or take that back."""
        exchange, appearance = self.chosen_exchange(), self.state.appearance
        if exchange is None:
            self.say("no exchange is selected")
            return
        told = appearance.marks.set(identity(exchange), exchange, label, appearance.discretion)
        self.draw()  # not a new scene, so that a paused display stays
        self.say(told)

    # Alerts ---------------------------------------------------------------------------------------------------------

    def chosen_alert(self) -> AlertView | None:
        """Return the alert that the screen is about, or that is selected."""
        return None

    def action_acknowledge(self) -> None:
        """Acknowledge the alert that is selected, else all active ones."""
        chosen = self.chosen_alert()
        alerts = self._active() if chosen is None else [chosen] if chosen.end is None else []
        for alert in alerts:
            self.state.desk.decisions.acknowledge(alert.about)
        self.tell(f"acknowledged: {_titles(alerts)}" if alerts else "there is no active alert to acknowledge")

    def action_accept(self) -> None:
        """Take as usual what the selected alert is about, else what all active ones are about."""
        chosen = self.chosen_alert()
        alerts = [alert for alert in (self._active() if chosen is None else [chosen]) if not alert.sensor]
        if not alerts:
            self.say("there is no active alert; select one in the list of alerts (a)")
            return
        if all(map(self.is_enabled, alerts)) and self._can_learn():
            for signal in dict.fromkeys(alert.signal for alert in alerts):
                self.state.desk.decisions.accept(signal)
            self.tell(f"accepted as usual: {_titles(alerts)}")

    def action_mute(self) -> None:
        """Ask how long to mute the signal of the alert that is selected, else of the first active one; or end that."""
        alert = self.chosen_alert() or next(iter(self._active()), None)
        if alert is None:
            self.say("there is no active alert; select one in the list of alerts (a)")
            return
        if not self.is_enabled(alert):
            return
        name = f"{alert.title} of {alert.sensor}" if alert.sensor else alert.title
        if alert.quiet == "muted":
            self.state.desk.decisions.mute(alert.about, 0.0)
            self.tell(f"{name}: no longer muted")
        else:
            self.ask_how_long(alert.about, name)

    def ask_how_long(self, about: str, name: str) -> None:
        """Ask how long to mute a signal; each screen on which alerts can be selected does so."""

    def is_enabled(self, alert: AlertView) -> bool:
        """Return whether the signal of an alert is judged, here or by a sensor; if not, say so. Alerts of earlier runs
        may be of other signals.
        """
        scene = self.state.scene
        if alert.sensor or scene is None or any(each.name == alert.signal for each in scene.view.signals):
            return True
        self.say(f"{alert.title}: the signal {alert.signal} is not enabled")
        return False

    def _can_learn(self) -> bool:
        """Return whether something is left to learn from; if not, say so."""
        ended = self.state.scene is not None and self.state.scene.view.ended
        if ended:
            self.say("the capture file is over: there is nothing to learn from")
        return not ended

    def action_relearn(self) -> None:
        """Let the signal that the screen is about learn again, else all, unless there is nothing left to learn from."""
        if not self._can_learn():
            return
        signal = self.signal()
        self.state.desk.decisions.relearn(signal)
        self.tell("learning new baselines from now on" if not signal else "learning a new baseline from now on")

    def action_season(self) -> None:
        """Compare the signal of the selected alert, else those that are offered it, with the hour of the week; or end
        that.
        """
        chosen = self.chosen_alert()
        if chosen is not None and chosen.sensor:
            self.say("the sensor judges this signal itself")
            return
        if chosen is not None and not self.is_enabled(chosen):
            return
        scene = self.state.scene
        signals = [] if scene is None else list(scene.view.signals)
        wanted = [each for each in signals if (each.name == chosen.signal if chosen else each.season_offer)]
        if not wanted:
            self.say("no signal is offered a seasonal baseline; select an alert in the list of alerts (a)")
        elif self._can_learn():
            self.tell("; ".join(map(self._seasoned, wanted)))

    def _seasoned(self, signal: SignalView) -> str:
        """Compare a signal with the hour of the week, or as its setting says if it is; return what was done."""
        wanted: Choice = "setting" if signal.seasonal and signal.baseline_chosen else "seasonal"
        kind = self.state.desk.decisions.choose_baseline(signal.name, wanted)
        if kind is None:
            return f"{signal.title}: its setting says seasonal"
        if wanted == "setting":
            return f"{signal.title}: {kind} baseline, as the setting says"
        return f"{signal.title}: compared with the usual at this hour of the week"

    def signal(self) -> str:
        """Return the signal that the screen is about; empty if it is about all."""
        return ""

    def _active(self) -> list[AlertView]:
        scene = self.state.scene
        return [] if scene is None else [alert for alert in scene.view.alerts if alert.end is None]

    def tell(self, sentence: str) -> None:
        """Show what changed, and say so."""
        self.state.change()
        self.draw()
        self.say(sentence)

    # When Textual says so -------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Draw as soon as the widgets exist."""
        self.ready = True
        self.draw()

    def on_resize(self) -> None:
        """Draw in the new size, once Textual has laid it out."""
        self.call_after_refresh(self.draw)

    def on_screen_resume(self) -> None:
        """Draw what has changed while another screen was shown."""
        self.call_after_refresh(self.draw)

    def show_health(self, scene: Scene) -> int:
        """Show the health lines, and return how many there are."""
        lines = health_lines(scene.view, self.state.warnings, self.state.page(self.size.width))
        set_height(self.health, len(lines))
        self.health.show(lines)
        return len(lines)


def _titles(alerts: Sequence[AlertView]) -> str:
    return ", ".join(dict.fromkeys(alert.title for alert in alerts))

"""The base of all screens: they show a scene, and have keys, health lines and a footer."""

from collections.abc import Sequence

from textual.binding import Binding
from textual.screen import Screen

from dashboard.full.desk import Scene
from dashboard.full.keys import Key
from dashboard.full.state import ScreenState
from dashboard.full.status_lines import health_lines
from dashboard.full.widgets import FooterView, LinesView, set_height


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
        return [key for key in self.KEYS if filtered or not key.filtered]

    def show_scene(self, scene: Scene) -> None:
        """Show a scene; each kind of screen does so in its own way."""

    def draw(self) -> None:
        """Show the same scene again, after a change of theme or size."""
        if not self.ready:
            return
        if self.state.scene is not None:
            self.show_scene(self.state.scene)
        self.footer.draw()

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

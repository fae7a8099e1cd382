"""What all screens have: a scene to show, keys, a line of health and a footer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual.binding import Binding
from textual.screen import Screen

from dashboard.full.desk import Desk, Scene
from dashboard.full.footer_view import FooterView
from dashboard.full.health_lines import health_lines
from dashboard.full.keys import Key
from dashboard.full.lines_view import LinesView
from dashboard.full.setting import Setting

if TYPE_CHECKING:
    from dashboard.full.app import FullScreen


def bindings(keys: Sequence[Key]) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """The keys as Textual wants them."""
    return [Binding(",".join(key.names), key.action, key.help, show=False, priority=key.first) for key in keys]


class Part(Screen[None]):
    """One screen of the program."""

    AUTO_FOCUS = ""
    KEYS: Sequence[Key] = ()

    def __init__(self) -> None:
        super().__init__()
        self.ready = False
        """Whether its parts are there."""
        self.health = LinesView(self.setting, id="health")
        self.footer = FooterView(self.setting, self.keys())

    @property
    def program(self) -> "FullScreen":
        """The app."""
        return cast("FullScreen", self.app)

    @property
    def setting(self) -> Setting:
        """How things are drawn."""
        return self.program.setting

    @property
    def desk(self) -> Desk:
        """Who answers."""
        return self.program.desk

    def keys(self) -> Sequence[Key]:
        """Those that do something at the moment."""
        filtered = bool(self.program.filter_text)
        return [key for key in self.KEYS if filtered or not key.filtered]

    def show_scene(self, scene: Scene) -> None:
        """Show how things stand now."""

    def draw(self) -> None:
        """Show the same anew: the theme or the size is another."""
        if not self.ready:
            return
        if self.program.scene is not None:
            self.show_scene(self.program.scene)
        self.footer.draw()

    def on_mount(self) -> None:
        """Its parts are there from now on."""
        self.ready = True
        self.draw()

    def on_resize(self) -> None:
        """Share out the screen anew."""
        self.call_after_refresh(self.draw)

    def on_screen_resume(self) -> None:
        """What changed meanwhile."""
        self.call_after_refresh(self.draw)

    def show_health(self, scene: Scene) -> int:
        """Show the line of health; how many lines it takes."""
        page = self.program.page(self.size.width)
        lines = health_lines(scene.view, self.program.notices, page)
        set_height(self.health, len(lines))
        self.health.show(lines)
        return len(lines)


def set_height(widget: LinesView, lines: int) -> None:
    """Give a widget so many lines; nothing happens where it has them."""
    height = widget.styles.height
    if height is None or height.value != lines:
        widget.styles.height = lines

"""Asks for the name of the file that the exchanges on the screen are written to."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from dashboard.full.desk import Scene
from dashboard.full.export import export, suggested_name
from dashboard.full.keys import EXPORTING
from dashboard.full.program_screen import ProgramScreen, bindings
from dashboard.full.state import ScreenState
from dashboard.full.widgets import LinesView
from traffic.records import Exchange
from view import figures
from view.page import Piece, Style


class ExportScreen(ProgramScreen):
    """Asks where to, and writes."""

    KEYS = EXPORTING
    BINDINGS = bindings(EXPORTING)

    def __init__(self, state: ScreenState, exchanges: Sequence[Exchange]) -> None:
        super().__init__(state)
        self._exchanges = exchanges
        self.body = LinesView(self.state.appearance, id="text")
        now = 0.0 if state.scene is None else state.scene.view.now
        self.input = Input(
            suggested_name(now, state.appearance.zone), id="export-input", compact=True, select_on_focus=False
        )

    def compose(self) -> ComposeResult:
        """Put the input below the question."""
        yield LinesView(self.state.appearance, id="export-head")
        with Horizontal(id="filter-line"):
            yield self.input
        yield self.body
        yield self.health
        yield self.footer

    def show_scene(self, scene: Scene) -> None:
        """Ask the question."""
        self.show_health(scene)
        count = figures.counted(len(self._exchanges), "exchange")
        self.query_one("#export-head", LinesView).show([(Piece(f"Write {count} to the file", Style.HEADING),)])
        lines = ("A name that ends in .csv makes a table, any other lines of JSON, as --log writes them.",)
        self.body.show([(), *((Piece(line, Style.QUIET),) for line in lines)])

    def on_mount(self) -> None:
        """Let the next key go to the input."""
        super().on_mount()
        self.input.cursor_blink = False
        self.set_focus(self.input)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write the file, return to the screen before, and say there what was done."""
        event.stop()
        appearance = self.state.appearance
        sentence = export(event.value, self._exchanges, appearance.discretion, appearance.files)
        self.app.pop_screen()
        if isinstance(self.app.screen, ProgramScreen):
            self.app.screen.say(sentence)

    def action_back(self) -> None:
        """Write nothing."""
        self.app.pop_screen()

"""Asks for how long a signal is muted."""

from collections.abc import Sequence
from math import inf

from dashboard.full.desk import Scene
from dashboard.full.keys import MUTING
from dashboard.full.paint import ScreenPage
from dashboard.full.program_screen import ProgramScreen, bindings
from dashboard.full.state import ScreenState
from dashboard.full.text_screens import TextScreen
from view import figures
from view.page import EMPTY, Line, Piece, Style


class MuteScreen(TextScreen):
    """Offers a few lengths of time; each has a key."""

    KEYS = MUTING
    BINDINGS = bindings(MUTING)

    def __init__(self, state: ScreenState, about: str, name: str) -> None:
        """`about` is what the desk mutes, `name` what the user calls it."""
        super().__init__(state)
        self._about = about
        self._called = name

    def lines(self, page: ScreenPage, scene: Scene | None) -> Sequence[Line]:
        """Ask the question, and list the answers."""
        answers = [page.named(key.label, key.help) for key in MUTING[:-1]]
        asked: list[Line] = [(Piece(f"Mute {page.text(self._called)}", Style.HEADING),), EMPTY]
        told = "It is judged, listed and recorded as before, but has no banner and sends no notices."
        return [*asked, *(line for answer in answers for line in answer), EMPTY, *page.wrap(told, Style.QUIET)]

    def action_mute_for(self, hours: int) -> None:
        """Mute the signal for so long, 0 until it is ended, and return to the screen before."""
        self.state.desk.decisions.mute(self._about, hours * 3600.0 or inf)
        self.app.pop_screen()
        if isinstance(self.app.screen, ProgramScreen):
            length = f"muted for {figures.span(hours * 3600.0)}" if hours else "muted until m ends it"
            self.app.screen.tell(f"{self._called}: {length}")

"""The line for the filter: what is typed, what is wrong with it, and what the filter in force matches."""

from collections.abc import Iterator, Sequence

from rich.highlighter import Highlighter
from rich.style import Style as Look
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from dashboard.full.completing import Completing
from dashboard.full.detail_lines import reach
from dashboard.full.lines_view import LinesView
from dashboard.full.setting import Setting
from dashboard.page import Line, Piece, Style
from dashboard.view import FilterView
from store.filtering.errors import FilterError
from store.filtering.fields import Field

EXAMPLES = "host:shop path:^/api status:5xx method:POST ua:bot client:10.0.0.0/8 time>500ms   and or not ( )"
MOST = 2000
"""Characters of a filter."""


class WrongPart(Highlighter):
    """Marks the part of the text that is wrong."""

    def __init__(self) -> None:
        self.error: FilterError | None = None

    def highlight(self, text: Text) -> None:
        """Underline and reverse it; where something is missing, what comes before."""
        if self.error is not None:
            end = min(max(self.error.end, self.error.start + 1), len(text))
            text.stylize(Look(underline=True, reverse=True), min(self.error.start, max(0, end - 1)), end)


class FilterInput(Input):
    """The line that is typed into. It gives way where the screen's own keys are meant."""

    async def _on_key(self, event: events.Key) -> None:
        """Keys that stand for something else here go on to the bar."""
        if event.key not in ("escape", "up", "down"):
            await super()._on_key(event)


class FilterBar(Vertical):
    """Hidden until a filter is typed or in force."""

    class Typed(Message):
        """A text that should be the filter, if it is one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """The line is left; the filter in force stays."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(id="filter")
        self.display = False
        self._setting = setting
        self._wrong = WrongPart()
        self._completing = Completing()
        self._before = ""
        self._matched: FilterView | None = None
        self._history: list[str] = []
        self._place = 0
        self.editing = False

    def compose(self) -> ComposeResult:
        """The line that is typed into, and one below that explains."""
        with Horizontal(id="filter-line"):
            yield LinesView(self._setting, id="filter-label")
            yield FilterInput(
                id="filter-input",
                highlighter=self._wrong,
                suggester=self._completing,
                max_length=MOST,
                select_on_focus=False,
                compact=True,
            )
        yield LinesView(self._setting, id="filter-note")

    @property
    def input(self) -> Input:
        """What is typed."""
        return self.query_one("#filter-input", Input)

    @property
    def height(self) -> int:
        """Lines that it takes."""
        return 2 if self.editing else int(self._matched is not None)

    # Typing ---------------------------------------------------------------------------------------------------------

    def edit(self, text: str, fields: Sequence[Field]) -> None:
        """Begin to type, with the filter in force; names are completed to those of `fields`."""
        self._completing.fields = fields
        self.editing = True
        self._before = text
        self._place = len(self._history)
        field = self.input
        field.cursor_blink = False
        field.value = text
        field.cursor_position = len(text)
        self._draw()
        self.screen.set_focus(field)  # at once: the next key may have been pressed already

    def on_input_changed(self, event: Input.Changed) -> None:
        """Apply it when the typing pauses."""
        event.stop()
        if self.editing:
            self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep what is in force; what is wrong is not left behind unseen."""
        event.stop()
        if self._wrong.error is not None:
            return
        self.post_message(self.Typed(event.value))
        if event.value and event.value not in self._history:
            self._history.append(event.value)
        self._close()

    def on_key(self, event: events.Key) -> None:
        """Esc takes everything back; the arrows go through what was typed before."""
        if not self.editing:
            return
        if event.key == "escape":
            event.stop()
            self._wrong.error = None
            self.post_message(self.Typed(self._before))
            self._close()
        elif event.key in ("up", "down"):
            event.stop()
            self._recall(-1 if event.key == "up" else 1)

    def _recall(self, by: int) -> None:
        if self._history:
            self._place = min(max(0, self._place + by), len(self._history))
            self.input.value = self._history[self._place] if self._place < len(self._history) else ""
            self.input.cursor_position = len(self.input.value)

    def _close(self) -> None:
        self.editing = False
        self.screen.set_focus(None)
        self.post_message(self.Closed())

    # Showing --------------------------------------------------------------------------------------------------------

    def judge(self, error: FilterError | None) -> None:
        """What is wrong with the text, or that nothing is."""
        self._wrong.error = error
        self.input.refresh()
        self._draw()

    def show_matched(self, matched: FilterView | None) -> None:
        """How much the filter in force matches."""
        self._matched = matched
        self._draw()

    def on_resize(self) -> None:
        """Cut what is said to the new width."""
        self._draw()

    def _draw(self) -> None:
        self.display = self.height > 0
        self.query_one("#filter-line").display = self.editing
        label = self.query_one("#filter-label", LinesView)
        label.show([(Piece("Filter ", Style.HEADING),)])
        note = self.query_one("#filter-note", LinesView)
        page = note.page
        note.show([page.flow(list(self._note(note)), gap=2)[0]])

    def _note(self, note: LinesView) -> Iterator[Line]:
        page = note.page
        if self.editing and self._wrong.error is not None:
            yield (Piece(page.text(f"! {self._wrong.error.message}"), Style.ALARM),)
            return
        if self._matched is None:
            yield (Piece(EXAMPLES, Style.QUIET),)
            return
        if not self.editing:
            room = max(12, page.width - 60)
            yield (Piece("Filter ", Style.HEADING), Piece(page.text(self._matched.text, room), Style.NAME))
        yield (Piece(f"matches {reach(self._matched, page)}"),)
        if not self.editing:
            yield (Piece("/ change  Esc take away", Style.QUIET),)

"""The line for the filter: what is typed, what is wrong with it, and what the filter in force matches."""

from collections.abc import Callable, Iterator, Sequence

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
from store.filtering.errors import FilterError
from store.filtering.fields import Field
from view import cells
from view.page import Line, Piece, Style
from view.view import FilterView

EXAMPLES = "host:shop path:^/api status:5xx client:10.0.0.0/8 time>500ms   and or not ( )"
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
    """The line that is typed into. Keys that mean something else here are the bar's. Those that were pressed before the
    line was left, and come after it, are not for it.
    """

    async def _on_key(self, event: events.Key) -> None:
        """Ask the bar first. Keys of editing take effect at once: Textual would let them wait behind letters that were
        typed after them.
        """
        bar = self.query_ancestor(FilterBar)
        if not bar.editing:
            self.app.post_message(events.Key(event.key, event.character))
        elif not bar.obeyed(event.key) and not await self._edited(event.key):
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()

    async def _edited(self, key: str) -> bool:
        """Whether it is a key of editing."""
        bound = self._bindings.key_to_bindings.get(key, ())
        return any([await self.app.run_action(binding.action, self) for binding in bound])


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
        self._is_filter: Callable[[str], bool] = bool
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

    def edit(self, text: str, fields: Sequence[Field], is_filter: Callable[[str], bool]) -> None:
        """Begin to type, with the filter in force; names are completed to those of `fields`."""
        self._completing.fields = fields
        self._is_filter = is_filter
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

    def obeyed(self, key: str) -> bool:
        """Whether the key means something here: Enter keeps what was typed, Esc takes it back, the arrows bring what
        was typed before.
        """
        if key == "enter":
            self._accept()
        elif key == "escape":
            self._cancel()
        elif key in ("up", "down"):
            self._recall(-1 if key == "up" else 1)
        else:
            return False
        return True

    def _accept(self) -> None:
        """Keep what was typed, if it is a filter: what is wrong is not left behind unseen."""
        text = self.input.value
        self.post_message(self.Typed(text))
        if not self._is_filter(text):
            return
        if text and text not in self._history:
            self._history.append(text)
        self._close()

    def _cancel(self) -> None:
        self._wrong.error = None
        self.post_message(self.Typed(self._before))
        self._close()

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
            wrong = page.text(f"! {self._wrong.error.message}")
            yield (Piece(cells.cut_end(wrong, page.width, page.ellipsis), Style.ALARM),)
            return
        if self._matched is None:
            yield (Piece(cells.cut_end(EXAMPLES, page.width, page.ellipsis), Style.QUIET),)
            return
        if not self.editing:
            room = max(12, page.width - 60)
            yield (Piece("Filter ", Style.HEADING), Piece(page.text(self._matched.text, room), Style.NAME))
        yield (Piece(f"matches {reach(self._matched, page)}"),)
        if not self.editing:
            yield (Piece("/ change  Esc take away", Style.QUIET),)

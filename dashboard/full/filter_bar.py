"""The filter line: the text being typed, the error in it, and how much the current filter matches."""

from collections.abc import Callable, Iterator, Sequence

from rich.highlighter import Highlighter
from rich.style import Style as RichStyle
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from dashboard.full.detail_lines import reach
from dashboard.full.paint import Appearance
from dashboard.full.widgets import LinesView
from store.filtering.completion import completions
from store.filtering.errors import FilterError
from store.filtering.fields import Field
from view import cells
from view.page import Line, Piece, Style
from view.sensors import SensorFilterView
from view.view import FilterView, View

EXAMPLES = "host:shop path:^/api status:5xx client:10.0.0.0/8 time>500ms   and or not ( )"
SENSOR_EXAMPLES = "sensor:web-* -sensor:web-3 vantage:edge   and or not ( )"
MOST = 2000
"""Longest filter, in characters."""


class WrongPart(Highlighter):
    """Marks the error in the text."""

    def __init__(self) -> None:
        self.error: FilterError | None = None

    def highlight(self, text: Text) -> None:
        """Underline and reverse the error; if something is missing, mark what comes before it."""
        if self.error is not None:
            end = min(max(self.error.end, self.error.start + 1), len(text))
            text.stylize(RichStyle(underline=True, reverse=True), min(self.error.start, max(0, end - 1)), end)


class Completing(Suggester):
    """Suggests how the last word could be completed; the right arrow accepts."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.fields: Sequence[Field] = ()
        """Fields that a filter can use."""

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole text with its last word completed."""
        return next(iter(completions(value, self.fields)), None)


class FilterInput(Input):
    """The input for the filter. The bar handles the keys that have a meaning of their own here. Keys that were pressed
    after the input was left, but arrive late, go to the screen.
    """

    async def _on_key(self, event: events.Key) -> None:
        """Ask the bar first. Editing keys take effect at once: Textual would queue them behind letters typed later."""
        bar = self.query_ancestor(FilterBar)
        if not bar.editing:
            self.app.post_message(events.Key(event.key, event.character))
        elif not bar.obeyed(event.key) and not await self._edited(event.key):
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()

    async def _edited(self, key: str) -> bool:
        """Run what the key is bound to, and return whether it is an editing key."""
        bound = self._bindings.key_to_bindings.get(key, ())
        return any([await self.app.run_action(binding.action, self) for binding in bound])


class FilterBar(Vertical):
    """Shows the filter; hidden until one is typed or set."""

    class Typed(Message):
        """The text changed, and should become the filter if it is one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """The input was left; the current filter stays."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(id="filter")
        self.display = False
        self._appearance = appearance
        self._wrong = WrongPart()
        self._completing = Completing()
        self._is_filter: Callable[[str], bool] = bool
        self._before = ""
        self._matched: FilterView | SensorFilterView | None = None
        self._examples = EXAMPLES
        self._history: list[str] = []
        self._place = 0
        self.editing = False

    def compose(self) -> ComposeResult:
        """Put the input above a line that explains it."""
        with Horizontal(id="filter-line"):
            yield LinesView(self._appearance, id="filter-label")
            yield FilterInput(
                id="filter-input",
                highlighter=self._wrong,
                suggester=self._completing,
                max_length=MOST,
                select_on_focus=False,
                compact=True,
            )
        yield LinesView(self._appearance, id="filter-note")

    @property
    def input(self) -> Input:
        """Return the input."""
        return self.query_one("#filter-input", Input)

    @property
    def height(self) -> int:
        """Return how many lines the bar takes."""
        return 2 if self.editing else int(self._matched is not None)

    # Typing ---------------------------------------------------------------------------------------------------------

    def edit(self, text: str, fields: Sequence[Field], is_filter: Callable[[str], bool]) -> None:
        """Start to edit the current filter; `fields` are the names that can be completed."""
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
        """Report the text as it is typed."""
        event.stop()
        if self.editing:
            self.post_message(self.Typed(event.value))

    def obeyed(self, key: str) -> bool:
        """Handle Enter, which accepts, Esc, which restores, and the arrows, which recall earlier filters. Return
        whether the key was one of them.
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
        """Accept the text if it is a filter; an error is never left behind unseen."""
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
        """Show the error in the text, or none."""
        self._wrong.error = error
        self.input.refresh()
        self._draw()

    def show_matched(self, view: View) -> None:
        """Show how much the current filter matches."""
        self._matched = view.filter if view.fleet is None else view.fleet.filter
        self._examples = EXAMPLES if view.fleet is None else SENSOR_EXAMPLES
        self._draw()

    def on_resize(self) -> None:
        """Draw in the new width."""
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
            yield (Piece(cells.cut_end(self._examples, page.width, page.ellipsis), Style.QUIET),)
            return
        if not self.editing:
            room = max(12, page.width - 60)
            yield (Piece("Filter ", Style.HEADING), Piece(page.text(self._matched.text, room), Style.NAME))
        yield (Piece(f"matches {reach(self._matched, page)}"),)
        if not self.editing:
            yield (Piece("/ edit  Esc clear", Style.QUIET),)

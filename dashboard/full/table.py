"""Tables as lines: a heading with column names, rows with one selected, and the sum of the rest. Pure.

One column takes the room that is left. If there is too little, columns are dropped in the order of their `spare`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

from dashboard.full.desk import Scene
from view import cells
from view.page import Line, Page, Piece, Style

LEAST = 22
"""Least width of the column that takes the rest, before other columns are dropped for it."""
MARK = 2
"""Cells before each row, for the mark of the selected one."""
GAP = 1
"""Cells between columns."""


class Sorting(NamedTuple):
    """The order of a table: the column, and whether the highest value comes first."""

    column: str
    descending: bool = True


@dataclass(frozen=True)
class TableColumn:
    """Says what a column looks like."""

    name: str
    """Heading; also the name to sort by."""
    width: int = 0
    """Least width in cells; 0 takes the room that is left."""
    left: bool = False
    """Whether the text is left-aligned."""
    spare: int = 0
    """The highest is dropped first; 0 is never dropped."""
    style: Style = Style.PLAIN
    sortable: bool = True


class Entry(NamedTuple):
    """Holds one row."""

    identity: str
    """Tells the row apart, wherever it moves."""
    texts: tuple[str, ...]
    """One text for each column; safe to show, and of any length in the column that takes the rest."""
    style: Style = Style.PLAIN
    """Style of cells whose column has none."""


@dataclass(frozen=True)
class TableContent:
    """Holds what a table shows."""

    title: str
    columns: tuple[TableColumn, ...]
    entries: tuple[Entry, ...]
    """The rows on the screen."""
    rest: Entry | None = None
    """A row below all others that cannot be selected."""
    nothing: str = "nothing yet"
    """Shown if there are no rows."""


class ScreenTable(Protocol):
    """Makes the content of one table from a scene."""

    @property
    def name(self) -> str:
        """Name that leads to the table."""

    @property
    def follows(self) -> bool:
        """Whether new rows appear at the bottom, so that it makes sense to follow the last one."""

    def natural(self, scene: Scene) -> Sorting:
        """Return the order before anyone sorts."""

    def sortable(self, scene: Scene) -> Sequence[str]:
        """List the columns that the sort key goes through."""

    def identities(self, scene: Scene, sorting: Sorting) -> list[str]:
        """Return an identity for each row, in order."""

    def rows(self, scene: Scene) -> int:
        """Return how many rows there are to show, or more than any screen has lines."""

    def has_rest(self, scene: Scene) -> bool:
        """Return whether a line below the rows sums up the rest."""

    def content(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> TableContent:
        """Return the table with those rows."""


class TableState(NamedTuple):
    """Says how a table stands on the screen."""

    focused: bool
    """Whether the table has the focus."""
    number: str = ""
    """The key that focuses the table."""
    cursor: int | None = None
    """Index of the selected entry."""
    sorted_by: str = ""
    descending: bool = True
    note: str = ""
    """Shown beside the title."""
    found: str = ""
    """Text to mark wherever it occurs, in lower case."""


def table_lines(content: TableContent, state: TableState, page: Page) -> list[Line]:
    """Draw the table on all lines of the page."""
    height = page.height or 2
    widths = column_widths(content, page.width)
    lines = [heading_line(content, state, widths, page)]
    lines += [
        _row(entry, content, widths, state, page, state.focused and place == state.cursor)
        for place, entry in enumerate(content.entries)
    ]
    if content.rest is not None:
        lines.append(_row(content.rest, content, widths, state, page, False))
    if not content.entries and content.rest is None:
        lines.append((Piece(" " * MARK + page.text(content.nothing), Style.QUIET),))
    return lines[:height]


def column_widths(content: TableContent, room: int) -> tuple[int, ...]:
    """Return the width of each column; 0 if it does not fit."""
    wanted = [_wanted(content, place) for place in range(len(content.columns))]
    dropped: set[int] = set()
    for place in sorted(range(len(wanted)), key=lambda place: -content.columns[place].spare):
        if _left(wanted, dropped, room) >= LEAST or not content.columns[place].spare:
            break
        dropped.add(place)
    left = max(4, _left(wanted, dropped, room))
    return tuple(0 if place in dropped else wanted[place] or left for place in range(len(wanted)))


def column_at(content: TableContent, widths: Sequence[int], place: int) -> str:
    """Return the name of the column whose heading is `place` cells from the left edge; empty if there is none."""
    start = MARK
    for column, width in zip(content.columns, widths, strict=True):
        if width and start <= place < start + width + GAP:
            return column.name if column.sortable else ""
        start += width + GAP if width else 0
    return ""


def heading_line(content: TableContent, state: TableState, widths: Sequence[int], page: Page) -> Line:
    """Put number and title where the key column is; the column that is sorted by has an arrow."""
    style = Style.FOCUS if state.focused else Style.BAR
    lead = f"{state.number:<{MARK}}"[:MARK]
    title = page.text(content.title) + (f"  {state.note}" if state.note else "")
    parts = []
    for column, width in zip(content.columns, widths, strict=True):
        if not width:
            continue
        words = title if column.width == 0 else column.name
        arrow = _arrow(state, page) if column.name == state.sorted_by and column.width else ""
        shown = cells.cut_end(words, width - len(arrow), page.ellipsis)
        parts.append(cells.pad_right(shown + arrow, width) if column.left else _pad_left(arrow + shown, width))
    text = lead + (" " * GAP).join(parts)
    return (Piece(cells.pad_right(text, page.width), style),)


def _arrow(state: TableState, page: Page) -> str:
    if page.ascii_only:
        return "v" if state.descending else "^"
    return "▼" if state.descending else "▲"


def _row(
    entry: Entry, content: TableContent, widths: Sequence[int], state: TableState, page: Page, chosen: bool
) -> Line:
    mark = (">" if page.ascii_only else "▸") if chosen else ""
    pieces = [Piece(f"{mark:<{MARK}}", entry.style)]
    for column, width, text in zip(content.columns, widths, entry.texts, strict=True):
        if not width:
            continue
        pieces += _cell(column, width, text, entry, state, page)
        pieces.append(Piece(" " * GAP))
    if not chosen:
        return tuple(pieces[:-1])
    return (Piece(cells.pad_right("".join(piece.text for piece in pieces[:-1]), page.width), Style.CURSOR),)


def _cell(column: TableColumn, width: int, text: str, entry: Entry, state: TableState, page: Page) -> list[Piece]:
    style = entry.style if column.style is Style.PLAIN else column.style
    if column.width:
        return [Piece(cells.pad_right(text, width) if column.left else _pad_left(text, width), style)]
    shown = cells.cut_middle(text, width, page.ellipsis)
    pieces = marked(shown, state.found, style)
    return [*pieces, Piece(" " * (width - cells.cells(shown)))]


def marked(text: str, found: str, style: Style) -> list[Piece]:
    """Mark each occurrence of the text that was found."""
    folded = text.lower()
    if not found or len(folded) != len(text):  # folding may change lengths: nothing is marked rather than the wrong
        return [Piece(text, style)]
    starts = []
    start = folded.find(found)
    while start >= 0:
        starts.append(start)
        start = folded.find(found, start + len(found))
    edges = [0, *(edge for start in starts for edge in (start, start + len(found))), len(text)]
    return [
        Piece(text[one:two], Style.FOUND if place % 2 else style)
        for place, (one, two) in enumerate(pairwise(edges))
        if two > one
    ]


def _wanted(content: TableContent, place: int) -> int:
    column = content.columns[place]
    if not column.width:
        return 0
    entries = content.entries if content.rest is None else (*content.entries, content.rest)
    return max([column.width, len(column.name) + 1, *(cells.cells(entry.texts[place]) for entry in entries)])


def _left(wanted: Sequence[int], dropped: set[int], room: int) -> int:
    kept = [width for place, width in enumerate(wanted) if place not in dropped]
    return room - MARK - sum(kept) - GAP * (len(kept) - 1)


def _pad_left(text: str, width: int) -> str:
    return " " * (width - cells.cells(text)) + text

"""A table as lines: a heading with the names of its columns, rows of which one is chosen, and what the rest adds up to.

Pure. One column takes the room that is left; where there is too little, columns go in the order of their `spare`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from view import cells
from view.page import Line, Page, Piece, Style

LEAST = 22
"""Cells of the column that takes what is left, before others go for it."""
MARK = 2
"""Cells before each row, for the mark of the chosen one."""
GAP = 1
"""Cells between columns."""


@dataclass(frozen=True)
class Column:
    """How a column looks."""

    name: str
    """Its heading, and by which it is sorted."""
    width: int = 0
    """At least so many cells; 0 is the column that takes what is left."""
    left: bool = False
    """Whether its text starts at its left edge."""
    spare: int = 0
    """Goes first where the highest; 0 stays."""
    style: Style = Style.PLAIN
    sortable: bool = True


class Entry(NamedTuple):
    """One row."""

    identity: str
    """By which it is found again, wherever it is by then."""
    texts: tuple[str, ...]
    """One for each column; safe to show, but of any length in the column that takes what is left."""
    style: Style = Style.PLAIN
    """Of all that has no style by its column."""


@dataclass(frozen=True)
class Sheet:
    """What a table shows."""

    title: str
    columns: tuple[Column, ...]
    entries: tuple[Entry, ...]
    """Those that are on the screen."""
    rest: Entry | None = None
    """Below all of them; it cannot be chosen."""
    nothing: str = "nothing yet"
    """Said where there are no rows."""


class Look(NamedTuple):
    """How a table stands on the screen."""

    focused: bool
    """Whether the keys are for it."""
    number: str = ""
    """The key that leads to it."""
    cursor: int | None = None
    """The chosen entry, counted from the first one of the sheet."""
    sorted_by: str = ""
    descending: bool = True
    note: str = ""
    """Said beside the title."""
    found: str = ""
    """Text to be marked where it occurs, in lower case."""


def sheet_lines(sheet: Sheet, look: Look, page: Page) -> list[Line]:
    """The table in all lines of the page."""
    height = page.height or 2
    widths = column_widths(sheet, page.width)
    lines = [heading_line(sheet, look, widths, page)]
    lines += [
        _row(entry, sheet, widths, look, page, look.focused and place == look.cursor)
        for place, entry in enumerate(sheet.entries)
    ]
    if sheet.rest is not None:
        lines.append(_row(sheet.rest, sheet, widths, look, page, False))
    if not sheet.entries and sheet.rest is None:
        lines.append((Piece(" " * MARK + page.text(sheet.nothing), Style.QUIET),))
    return lines[:height]


def column_widths(sheet: Sheet, room: int) -> tuple[int, ...]:
    """Cells of each column; 0 for those that do not fit."""
    wanted = [_wanted(sheet, place) for place in range(len(sheet.columns))]
    dropped: set[int] = set()
    for place in sorted(range(len(wanted)), key=lambda place: -sheet.columns[place].spare):
        if _left(wanted, dropped, room) >= LEAST or not sheet.columns[place].spare:
            break
        dropped.add(place)
    left = max(4, _left(wanted, dropped, room))
    return tuple(0 if place in dropped else wanted[place] or left for place in range(len(wanted)))


def column_at(sheet: Sheet, widths: Sequence[int], place: int) -> str:
    """The name of the column whose heading is `place` cells from the left edge; empty where there is none."""
    start = MARK
    for column, width in zip(sheet.columns, widths, strict=True):
        if width and start <= place < start + width + GAP:
            return column.name if column.sortable else ""
        start += width + GAP if width else 0
    return ""


def heading_line(sheet: Sheet, look: Look, widths: Sequence[int], page: Page) -> Line:
    """The number and title stand where the key column does; the sorted column bears an arrow."""
    style = Style.FOCUS if look.focused else Style.BAR
    lead = f"{look.number:<{MARK}}"[:MARK]
    title = page.text(sheet.title) + (f"  {look.note}" if look.note else "")
    parts = []
    for column, width in zip(sheet.columns, widths, strict=True):
        if not width:
            continue
        words = title if column.width == 0 else column.name
        arrow = _arrow(look, page) if column.name == look.sorted_by and column.width else ""
        shown = cells.cut_end(words, width - len(arrow), page.ellipsis)
        parts.append(cells.pad_right(shown + arrow, width) if column.left else _pad_left(arrow + shown, width))
    text = lead + (" " * GAP).join(parts)
    return (Piece(cells.pad_right(text, page.width), style),)


def _arrow(look: Look, page: Page) -> str:
    if page.ascii_only:
        return "v" if look.descending else "^"
    return "▼" if look.descending else "▲"


def _row(entry: Entry, sheet: Sheet, widths: Sequence[int], look: Look, page: Page, chosen: bool) -> Line:
    mark = (">" if page.ascii_only else "▸") if chosen else ""
    pieces = [Piece(f"{mark:<{MARK}}", entry.style)]
    for column, width, text in zip(sheet.columns, widths, entry.texts, strict=True):
        if not width:
            continue
        pieces += _cell(column, width, text, entry, look, page)
        pieces.append(Piece(" " * GAP))
    if not chosen:
        return tuple(pieces[:-1])
    return (Piece(cells.pad_right("".join(piece.text for piece in pieces[:-1]), page.width), Style.CURSOR),)


def _cell(column: Column, width: int, text: str, entry: Entry, look: Look, page: Page) -> list[Piece]:
    style = entry.style if column.style is Style.PLAIN else column.style
    if column.width:
        return [Piece(cells.pad_right(text, width) if column.left else _pad_left(text, width), style)]
    shown = cells.cut_middle(text, width, page.ellipsis)
    pieces = marked(shown, look.found, style)
    return [*pieces, Piece(" " * (width - cells.cells(shown)))]


def marked(text: str, found: str, style: Style) -> list[Piece]:
    """The text, with each occurrence of what was looked for in a style of its own."""
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


def _wanted(sheet: Sheet, place: int) -> int:
    column = sheet.columns[place]
    if not column.width:
        return 0
    entries = sheet.entries if sheet.rest is None else (*sheet.entries, sheet.rest)
    return max([column.width, len(column.name) + 1, *(cells.cells(entry.texts[place]) for entry in entries)])


def _left(wanted: Sequence[int], dropped: set[int], room: int) -> int:
    kept = [width for place, width in enumerate(wanted) if place not in dropped]
    return room - MARK - sum(kept) - GAP * (len(kept) - 1)


def _pad_left(text: str, width: int) -> str:
    return " " * (width - cells.cells(text)) + text

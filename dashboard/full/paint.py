"""Lines as Textual draws them, and what of a line has changed. Pure."""

from collections.abc import Sequence

import wcwidth
from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from dashboard.full.palette import Palette
from view import cells
from view.page import Line, Page, Style, width


class ScreenPage(Page):
    """A page on which text from outside has only characters that Textual measures as we do."""

    def text(self, text: str, width: int | None = None) -> str:
        """As `Page.text`. Where the two disagree about a character's width, it is escaped."""
        shown = cells.visible(text, self.ascii_only)
        if not shown.isascii() and cell_len(shown) != cells.cells(shown):
            shown = "".join(map(_agreed, wcwidth.iter_graphemes(shown)))
        return shown if width is None else cells.cut_middle(shown, width, self.ellipsis)


def _agreed(grapheme: str) -> str:
    if cell_len(grapheme) == cells.cells(grapheme):
        return grapheme
    return grapheme.encode("ascii", "backslashreplace").decode("ascii")


def strip(line: Line, room: int, palette: Palette) -> Strip:
    """The line in exactly `room` cells."""
    looks = palette.looks
    segments = [Segment(piece.text, looks[piece.style]) for piece in line if piece.text]
    return Strip(segments, width(line)).adjust_cell_length(room, looks[Style.PLAIN]).simplify()


def changed(old: Sequence[Line], new: Sequence[Line], room: int) -> list[Region]:
    """The parts of the screen that have to be drawn again to show the new lines instead of the old."""
    regions = []
    for y in range(max(len(old), len(new))):
        before = old[y] if y < len(old) else ()
        after = new[y] if y < len(new) else ()
        if before != after:
            start, end = _between(before, after, room)
            regions.append(Region(start, y, end - start, 1))
    return regions


def _between(before: Line, after: Line, room: int) -> tuple[int, int]:
    """From where to where two lines differ: what both begin with, and both end with at the same place, is left out."""
    start = _common(before, after)
    if width(before) != width(after):
        return min(start, room), room
    end = width(after) - _common(before[::-1], after[::-1])
    return min(start, room - 1), max(min(end, room), start + 1)


def _common(before: Line, after: Line) -> int:
    """Cells of the pieces that two lines have in common at their beginning."""
    taken = 0
    for one, two in zip(before, after, strict=False):
        if one != two:
            break
        taken += cells.cells(one.text)
    return taken

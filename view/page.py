"""Lines of styled text, and the page that they must fit. Pure.

Lines are plain until `paint`, so everything is measured and tested without colour codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import Enum
from typing import NamedTuple

from termcolor import colored

from view import cells, figures

MARGIN = 1
"""Free cells on both sides. No line reaches the last column, where terminals differ in when they wrap."""
GAP = 3
"""Cells between two items of a line."""
NAMES = 20
"""Width of the names that stand beside values."""
BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS = "_.:-=+*#"
SHADE, ASCII_SHADE = "░", "/"
"""Stand for time that nobody watched."""


class Style(Enum):
    """Says what a piece of text is. Its colour only repeats what the words say."""

    PLAIN = (None, None, ())
    NAME = (None, None, ("bold",))
    HEADING = ("cyan", None, ("bold",))
    QUIET = (None, None, ("dark",))
    CHART = ("cyan", None, ())
    GOOD = ("green", None, ("bold",))
    WARNING = ("yellow", None, ("bold",))
    ALARM = ("red", None, ("bold",))
    BANNER = ("white", "on_red", ("bold",))
    BAR = ("cyan", None, ("bold", "underline"))
    """Heading of a table."""
    FOCUS = ("cyan", None, ("bold", "reverse"))
    """Heading of the table that has the focus."""
    CURSOR = (None, None, ("reverse",))
    """The selected row."""
    KEY = (None, None, ("bold", "reverse"))
    """A key that can be pressed."""
    FOUND = (None, None, ("bold", "underline"))
    """A match of the search."""
    LIMIT = ("yellow", None, ())
    """The limit, drawn as a line."""
    LIMIT_INSIDE = ("yellow", "on_cyan", ())
    """The limit where it crosses a bar."""
    OVER = ("red", None, ())
    """The part of a bar above the limit."""


class Piece(NamedTuple):
    """Holds visible text in one style."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Piece, ...]
EMPTY: Line = ()


@dataclass(frozen=True)
class Page:
    """Lays out lines: how wide and high, in which characters, in which time zone."""

    width: int
    """Cells between the margins."""
    height: int | None = None
    """Lines; None for no limit."""
    ascii_only: bool = False
    zone: tzinfo | None = None
    """None is local time."""

    @property
    def ellipsis(self) -> str:
        """Return what replaces text that was cut out."""
        return "..." if self.ascii_only else "…"

    @property
    def shade(self) -> str:
        """Return the character for time that nobody watched."""
        return ASCII_SHADE if self.ascii_only else SHADE

    @property
    def blocks(self) -> str:
        """Return eight characters of rising height."""
        return ASCII_BLOCKS if self.ascii_only else BLOCKS

    def text(self, text: str, width: int | None = None) -> str:
        """Make text from outside safe to show, and cut its middle out if it is longer than `width`."""
        shown = cells.visible(text, self.ascii_only)
        return shown if width is None else cells.cut_middle(shown, width, self.ellipsis)

    def moment(self, time: float) -> str:
        """Format a moment in the page's time zone."""
        return figures.moment(time, self.zone)

    def flow(self, items: Sequence[Line], gap: int = GAP, indent: int = 0) -> list[Line]:
        """Put items side by side, on as many lines as they need; all but the first line are indented."""
        lines: list[Line] = []
        for item in items:
            longer = (*lines[-1], Piece(" " * gap), *item) if lines else item
            if lines and width(longer) > self.width:
                lines.append((Piece(" " * indent), *item))
            else:
                lines[-1:] = [longer]
        return lines

    def fit(self, items: Sequence[Line], gap: int = GAP) -> Line:
        """Put as many items side by side as fit on one line; the first item is always there."""
        line, *rest = items
        for item in rest:
            longer = (*line, Piece(" " * gap), *item)
            if width(longer) > self.width:
                break
            line = longer
        return line

    def wrap(self, text: str, style: Style = Style.PLAIN, indent: int = 0) -> list[Line]:
        """Break a sentence between words."""
        lines = self.flow([(Piece(word),) for word in text.split(" ")], gap=1, indent=indent)
        return [(Piece("".join(piece.text for piece in line), style),) for line in lines]

    def named(self, name: str, value: str) -> list[Line]:
        """Put a value beside its name. A long value is cut anywhere, as request targets have no words."""
        room = max(10, self.width - NAMES)
        parts: list[str] = []
        rest = value
        while rest or not parts:
            part = cells.cut_end(rest, room, "")
            parts.append(part)
            rest = rest[len(part) :]
        first, *further = parts
        lines: list[Line] = [(Piece(f"{name:<{NAMES}}", Style.QUIET), Piece(first))]
        return lines + [(Piece(" " * NAMES, Style.QUIET), Piece(part)) for part in further]

    def paint(self, line: Line, colour: bool) -> str:
        """Cut a line to the width, put it behind its margin, and colour it for the terminal."""
        pieces = self._cut(line)
        text = "".join(_painted(piece) if colour else piece.text for piece in pieces)
        return " " * MARGIN + text if pieces else ""

    def _cut(self, line: Line) -> list[Piece]:
        if width(line) <= self.width:
            return _without_trailing_space(list(line))
        kept: list[Piece] = []
        room = self.width - len(self.ellipsis)
        for text, style in line:
            kept.append(Piece(cells.cut_end(text, room, ""), style))
            room -= cells.cells(kept[-1].text)
            if kept[-1].text != text:
                break
        return [*kept, Piece(self.ellipsis[: self.width])]


def width(line: Line) -> int:
    """Count the cells that a line takes."""
    return sum(cells.cells(piece.text) for piece in line)


def _without_trailing_space(pieces: list[Piece]) -> list[Piece]:
    while pieces and not (text := pieces[-1].text.rstrip(" ")):
        pieces.pop()
    return [*pieces[:-1], Piece(text, pieces[-1].style)] if pieces else []


def _painted(piece: Piece) -> str:
    colour, background, attributes = piece.style.value
    if piece.style is Style.PLAIN or not piece.text.strip(" "):
        return piece.text
    return colored(piece.text, colour, background, attributes, force_color=True)

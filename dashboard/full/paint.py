"""Draws lines with Textual: themes, characters, and the parts of the screen that have changed. Pure.

The themes `dark` and `light` have their own background. `terminal` keeps the terminal's colours and asks for at most 8
of them, which every terminal with 16 colours has. `plain` has none: bold, underlined and reversed text say the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import NamedTuple

import wcwidth
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.geometry import Region
from textual.strip import Strip

from dashboard.full.marks import Marks
from dashboard.full.new_file import NewFiles
from dashboard.full.panel_choice import PanelMemory
from view import cells
from view.exchange_line import Discretion
from view.page import Line, Page, Style, width


class Palette(NamedTuple):
    """Holds one theme."""

    name: str
    dark: bool
    foreground: str
    background: str
    accent: str
    error: str
    looks: Mapping[Style, RichStyle]


def _palette(name: str, dark: bool, colours: Mapping[str, str], looks: Mapping[Style, str]) -> Palette:
    """Make a palette from styles in Rich's notation, as `bold #ffffff on #000000`."""
    base = RichStyle.parse(f"{colours['foreground']} on {colours['background']}")
    return Palette(
        name, dark, **colours, looks={style: base + RichStyle.parse(looks.get(style, "none")) for style in Style}
    )


DARK = _palette(
    "dark",
    True,
    {"foreground": "#d3d7de", "background": "#12161c", "accent": "#7cc4f5", "error": "#ff6b6b"},
    {
        Style.NAME: "bold #ffffff",
        Style.HEADING: "bold #7cc4f5",
        Style.QUIET: "#7d8794",
        Style.CHART: "#4f9fd8",
        Style.GOOD: "bold #74c991",
        Style.WARNING: "bold #e3b965",
        Style.ALARM: "bold #ff6b6b",
        Style.BANNER: "bold #ffffff on #a62b2b",
        Style.BAR: "#a9b6c6 on #212833",
        Style.FOCUS: "bold #ffffff on #2a5f8f",
        Style.CURSOR: "bold #ffffff on #2b3b4d",
        Style.KEY: "bold #12161c on #7cc4f5",
        Style.FOUND: "bold underline #e3b965",
        Style.LIMIT: "#e3b965",
        Style.LIMIT_INSIDE: "#ffe9bd on #4f9fd8",
        Style.OVER: "#ff6b6b",
    },
)
LIGHT = _palette(
    "light",
    False,
    {"foreground": "#2a2f36", "background": "#fbfbf8", "accent": "#0b62a8", "error": "#c0221c"},
    {
        Style.NAME: "bold #000000",
        Style.HEADING: "bold #0b62a8",
        Style.QUIET: "#6d747d",
        Style.CHART: "#2f7fc2",
        Style.GOOD: "bold #1c7a3c",
        Style.WARNING: "bold #8a5a00",
        Style.ALARM: "bold #c0221c",
        Style.BANNER: "bold #ffffff on #b3261e",
        Style.BAR: "#3c4650 on #e6e8ea",
        Style.FOCUS: "bold #ffffff on #2f73b0",
        Style.CURSOR: "bold #000000 on #cfe3f5",
        Style.KEY: "bold #ffffff on #0b62a8",
        Style.FOUND: "bold underline #8a5a00",
        Style.LIMIT: "#8a5a00",
        Style.LIMIT_INSIDE: "#3d2800 on #2f7fc2",
        Style.OVER: "#c0221c",
    },
)
TERMINAL = _palette(
    "terminal",
    True,
    {"foreground": "default", "background": "default", "accent": "cyan", "error": "red"},
    {
        Style.NAME: "bold",
        Style.HEADING: "bold cyan",
        Style.QUIET: "dim",
        Style.CHART: "cyan",
        Style.GOOD: "bold green",
        Style.WARNING: "bold yellow",
        Style.ALARM: "bold red",
        Style.BANNER: "bold white on red",
        Style.BAR: "bold underline",
        Style.FOCUS: "bold black on cyan",
        Style.CURSOR: "reverse",
        Style.KEY: "black on cyan",
        Style.FOUND: "bold underline yellow",
        Style.LIMIT: "yellow",
        Style.LIMIT_INSIDE: "black on cyan",
        Style.OVER: "red",
    },
)
PLAIN = _palette(
    "plain",
    True,
    {"foreground": "default", "background": "default", "accent": "default", "error": "default"},
    {
        Style.NAME: "bold",
        Style.HEADING: "bold",
        Style.QUIET: "dim",
        Style.GOOD: "bold",
        Style.WARNING: "bold",
        Style.ALARM: "bold",
        Style.BANNER: "bold reverse",
        Style.BAR: "underline",
        Style.FOCUS: "bold reverse",
        Style.CURSOR: "reverse",
        Style.KEY: "reverse",
        Style.FOUND: "bold underline",
        Style.LIMIT_INSIDE: "reverse",
        Style.OVER: "bold",
    },
)
COLOURED = (DARK, LIGHT, TERMINAL)
"""Themes that the theme key cycles through."""


def first_palette(colour: bool, system: ColorSystem | None, light: bool) -> Palette:
    """Return the theme to start with, for the colours and the background of the terminal."""
    if not colour or system is None:
        return PLAIN
    if system is ColorSystem.STANDARD:
        return TERMINAL
    return LIGHT if light else DARK


def next_palette(palette: Palette) -> Palette:
    """Return the next theme. Without colours there is no other."""
    return palette if palette is PLAIN else COLOURED[(COLOURED.index(palette) + 1) % len(COLOURED)]


@dataclass
class Appearance:
    """Says what is drawn, and how; keys change the palette and the choice of panels."""

    ascii_only: bool = False
    zone: tzinfo | None = None
    """None is local time."""
    palette: Palette = DARK
    discretion: Discretion = field(default_factory=Discretion)
    panels: PanelMemory = field(default_factory=PanelMemory)
    """Which panels are shown, in which order."""
    files: NewFiles = field(default_factory=NewFiles)
    """Who writes files that the user names."""
    marks: Marks = field(default_factory=Marks)
    """Which exchanges the user called good or bad."""
    locked: str = ""
    """What the program locked down, in words."""


class ScreenPage(Page):
    """A page that shows only characters whose width Textual measures as we do."""

    def text(self, text: str, width: int | None = None) -> str:
        """Make text safe to show. A character is escaped if Textual disagrees about its width."""
        shown = cells.visible(text, self.ascii_only)
        if not shown.isascii() and cell_len(shown) != cells.cells(shown):
            shown = "".join(map(_agreed, wcwidth.iter_graphemes(shown)))
        return shown if width is None else cells.cut_middle(shown, width, self.ellipsis)


def _agreed(grapheme: str) -> str:
    if cell_len(grapheme) == cells.cells(grapheme):
        return grapheme
    return grapheme.encode("ascii", "backslashreplace").decode("ascii")


def strip(line: Line, room: int, palette: Palette) -> Strip:
    """Convert a line to a strip of exactly `room` cells."""
    looks = palette.looks
    segments = [Segment(piece.text, looks[piece.style]) for piece in line if piece.text]
    return Strip(segments, width(line)).adjust_cell_length(room, looks[Style.PLAIN]).simplify()


def changed(old: Sequence[Line], new: Sequence[Line], room: int) -> list[Region]:
    """Return the regions that must be redrawn to show the new lines in place of the old."""
    regions = []
    for y in range(max(len(old), len(new))):
        before = old[y] if y < len(old) else ()
        after = new[y] if y < len(new) else ()
        if before != after:
            start, end = _between(before, after, room)
            regions.append(Region(start, y, end - start, 1))
    return regions


def _between(before: Line, after: Line, room: int) -> tuple[int, int]:
    """Return where two lines differ, without the beginning and the end that they share."""
    start = _common(before, after)
    if width(before) != width(after):
        return min(start, room), room
    end = width(after) - _common(before[::-1], after[::-1])
    return min(start, room - 1), max(min(end, room), start + 1)


def _common(before: Line, after: Line) -> int:
    """Count the cells that two lines share at their beginning."""
    taken = 0
    for one, two in zip(before, after, strict=False):
        if one != two:
            break
        taken += cells.cells(one.text)
    return taken

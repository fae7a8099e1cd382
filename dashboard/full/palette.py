"""Themes: how each style of the dashboard looks in the colours of a theme. Pure.

`dark` and `light` have their own background. `terminal` keeps the terminal's colours and asks for 8 of them at most, as
terminals with 16 have them. `plain` has none: bold, underlined and reversed text tell the same.
"""

from collections.abc import Mapping
from typing import NamedTuple

from rich.color import ColorSystem
from rich.style import Style as Look

from view.page import Style


class Palette(NamedTuple):
    """One theme."""

    name: str
    dark: bool
    foreground: str
    background: str
    accent: str
    error: str
    looks: Mapping[Style, Look]


def _palette(name: str, dark: bool, colours: Mapping[str, str], looks: Mapping[Style, str]) -> Palette:
    """Looks as Rich writes them: `bold #ffffff on #000000`."""
    base = Look.parse(f"{colours['foreground']} on {colours['background']}")
    return Palette(name, dark, **colours, looks={style: base + Look.parse(looks.get(style, "none")) for style in Style})


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
"""What the key for themes goes through."""


def first_palette(colour: bool, system: ColorSystem | None, light: bool) -> Palette:
    """The theme to begin with, on a terminal of so many colours, whose background may be light."""
    if not colour or system is None:
        return PLAIN
    if system is ColorSystem.STANDARD:
        return TERMINAL
    return LIGHT if light else DARK


def next_palette(palette: Palette) -> Palette:
    """The one after it. Without colours there is no other."""
    return palette if palette is PLAIN else COLOURED[(COLOURED.index(palette) + 1) % len(COLOURED)]

"""The keys: one table, from which bindings, footer and help are made. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from view import cells
from view.page import Line, Page, Piece, Style


class Key(NamedTuple):
    """What a key does."""

    names: tuple[str, ...]
    """As Textual calls them."""
    label: str
    """As the user knows it; arrows and the like in words."""
    action: str
    help: str
    footer: str = ""
    """A word or two for the footer; empty where it has none."""
    first: bool = False
    """Whether it comes before whatever has the focus: its effect is there when the next key comes, however fast."""
    filtered: bool = False
    """Whether it does something only while a filter is in force."""


QUIT = Key(("q", "ctrl+c"), "q", "app.leave", "quit; the summary is printed", "Quit")
QUIT_ANYWHERE = Key(("ctrl+c",), "Ctrl+C", "app.leave", "quit; the summary is printed")
HELP = Key(("question_mark", "f1"), "?", "app.help", "this help", "Help")
SUSPEND = Key(("ctrl+z",), "Ctrl+Z", "app.suspend_process", "stop the program for a while; fg in the shell goes on")
REDRAW = Key(("ctrl+l",), "Ctrl+L", "app.redraw", "draw all of it anew, after something else wrote on the terminal")
THEME = Key(("t",), "t", "app.theme", "next theme: dark, light, the terminal's own colours", "Theme")
FREEZE = Key(("space",), "Space", "app.freeze", "freeze the screen, or let it go on; capture goes on", "Freeze")
WINDOW = Key(("w",), "w", "app.window(1)", "next time window, for all that is shown; W is the one before", "Window")
WINDOW_BACK = Key(("W",), "W", "app.window(-1)", "")
FILTER = Key(
    ("slash",), "/", "screen.filter", "show only some exchanges, as host:shop status:5xx time>500ms", "Filter", True
)
DOWN = Key(("j", "down"), "j Down", "screen.move(1)", "next row")
UP = Key(("k", "up"), "k Up", "screen.move(-1)", "row before")
PAGE_DOWN = Key(("pagedown", "ctrl+f"), "PgDn", "screen.page(1)", "a page further down")
PAGE_UP = Key(("pageup", "ctrl+b"), "PgUp", "screen.page(-1)", "a page up")
TOP = Key(("g", "home"), "g Home", "screen.first", "first row")
BOTTOM = Key(("G", "end"), "G End", "screen.last", "last row; in a list of exchanges it follows the latest")
SORT = Key(("s",), "s", "screen.sort", "sort by the next column", "Sort")
REVERSE = Key(("S",), "S", "screen.reverse", "sort the other way round")
OPEN = Key(
    ("enter",), "Enter", "open", "what is behind the row: rate, status codes, response times, exchanges", "Detail"
)
BACK = Key(("q", "escape", "backspace"), "q Esc", "screen.back", "back to where you came from", "Back")

MAIN: Sequence[Key] = (
    QUIT,
    HELP,
    FILTER,
    OPEN,
    Key(("tab",), "Tab", "screen.panel_by(1)", "next panel; Shift+Tab is the one before", "Panel"),
    Key(("shift+tab",), "Shift+Tab", "screen.panel_by(-1)", ""),
    WINDOW,
    WINDOW_BACK,
    Key(("1",), "1-9", "screen.panel(1)", "the panel with this number"),
    *(Key((digit,), digit, f"screen.panel({digit})", "") for digit in "23456789"),
    Key(("e",), "e", "screen.exchanges", "the list of exchanges"),
    Key(("a",), "a", "screen.alerts", "the list of alerts"),
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    SORT,
    REVERSE,
    FREEZE,
    Key(
        ("n",),
        "n",
        "screen.next_match(1)",
        "next row with the filter's text, in any panel; N: before",
        filtered=True,
    ),
    Key(("N",), "N", "screen.next_match(-1)", ""),
    Key(("escape",), "Esc", "screen.back", "take the filter away", filtered=True),
    Key(("h",), "h", "screen.health", "all that was not seen, by name, and how all signals stand"),
    THEME,
    REDRAW,
    SUSPEND,
)
DETAIL: Sequence[Key] = (
    BACK,
    HELP,
    OPEN._replace(help="all of the chosen exchange", footer="Exchange"),
    Key(("tab", "shift+tab"), "Tab", "screen.other_list", "the slowest exchanges, or the latest", "Slowest/latest"),
    WINDOW,
    WINDOW_BACK,
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    FREEZE,
    THEME,
    REDRAW,
    SUSPEND,
    QUIT_ANYWHERE,
)
TEXT: Sequence[Key] = (
    BACK,
    DOWN._replace(help="a line further down"),
    UP._replace(help="a line up"),
    PAGE_DOWN,
    PAGE_UP,
    TOP._replace(help="the beginning"),
    BOTTOM._replace(help="the end"),
    THEME,
    REDRAW,
    SUSPEND,
    QUIT_ANYWHERE,
)
EDITING: Sequence[Key] = (
    Key(("enter",), "Enter", "accept", "keep the filter", "Keep"),
    Key(("escape",), "Esc", "cancel", "go back to the filter from before", "Cancel"),
    Key(("ctrl+u",), "Ctrl+U", "clear", "empty the line", "Clear"),
    Key(("right",), "Right", "complete", "complete the word as it is offered", "Complete"),
    Key(("up", "down"), "Up Down", "history", "filters from before"),
)


class Place(NamedTuple):
    """Where a key stands in the footer."""

    start: int
    end: int
    key: str
    """As Textual calls it."""


def footer(keys: Sequence[Key], page: Page) -> tuple[Line, list[Place]]:
    """The main keys, as many as fit, and where they are, for the mouse."""
    pieces: list[Piece] = []
    places: list[Place] = []
    taken = 0
    for key in keys:
        if not key.footer:
            continue
        cap, word = f" {key.label.split()[0]} ", f" {key.footer} "
        if taken + len(cap) + len(word) - 1 > page.width:
            break
        pieces += [Piece(cap, Style.KEY), Piece(word)]
        places.append(Place(taken, taken + len(cap) + len(word), key.names[0]))
        taken += len(cap) + len(word)
    return tuple(pieces), places


def help_lines(keys: Sequence[Key], page: Page) -> list[Line]:
    """A line for each key that does something here."""
    told = [key for key in keys if key.help]
    room = max(len(key.label) for key in told) + 3
    lines: list[Line] = []
    for key in told:
        sentence = cells.cut_end(key.help, page.width - room, page.ellipsis)
        lines.append((Piece(f"{key.label:<{room}}", Style.HEADING), Piece(sentence)))
    return lines

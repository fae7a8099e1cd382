"""The keys: one table that makes the bindings, the footer and the help. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from view import cells
from view.page import Line, Page, Piece, Style


class Key(NamedTuple):
    """Says what a key does."""

    names: tuple[str, ...]
    """Names in Textual."""
    label: str
    """Name for the user; arrows and the like in words."""
    action: str
    help: str
    footer: str = ""
    """A word or two for the footer; empty if the key is not in the footer."""
    first: bool = False
    """Whether the key takes effect before the focused widget sees it, so that it works however fast the next key
    follows.
    """
    filtered: bool = False
    """Whether the key does something only while a filter is set."""
    exchanges: bool = False
    """Whether the key does something only where there are single exchanges."""


ZOOM = Key(("z",), "z", "screen.zoom", "give the whole screen to this panel; again: show all panels", "Zoom")
CHOOSE = Key(("p",), "p", "screen.choose_panels", "choose the panels and their order; remembered", "Panels")
QUIT = Key(("q", "ctrl+c"), "q", "app.leave", "quit; the summary is printed", "Quit")
QUIT_ANYWHERE = Key(("ctrl+c",), "Ctrl+C", "app.leave", "quit; the summary is printed")
HELP = Key(("question_mark", "f1"), "?", "app.help", "this help", "Help")
SUSPEND = Key(("ctrl+z",), "Ctrl+Z", "app.suspend_process", "suspend the program (fg resumes)")
REDRAW = Key(("ctrl+l",), "Ctrl+L", "app.redraw", "redraw the screen")
THEME = Key(("t",), "t", "app.theme", "next theme: dark, light, the terminal's own colours", "Theme")
FREEZE = Key(("space",), "Space", "app.freeze", "pause or resume the display; capture goes on", "Pause")
WINDOW = Key(("w",), "w", "app.window(1)", "next time window, for all panels; W: previous", "Window")
WINDOW_BACK = Key(("W",), "W", "app.window(-1)", "")
FILTER = Key(
    ("slash",), "/", "screen.filter", "show only matching exchanges, as host:shop status:5xx time>500ms", "Filter", True
)
DOWN = Key(("j", "down"), "j Down", "screen.move(1)", "next row")
UP = Key(("k", "up"), "k Up", "screen.move(-1)", "previous row")
PAGE_DOWN = Key(("pagedown", "ctrl+f"), "PgDn", "screen.page(1)", "page down")
PAGE_UP = Key(("pageup", "ctrl+b"), "PgUp", "screen.page(-1)", "page up")
TOP = Key(("g", "home"), "g Home", "screen.first", "first row")
BOTTOM = Key(("G", "end"), "G End", "screen.last", "last row; a live list then follows the latest")
SORT = Key(("s",), "s", "screen.sort", "sort by the next column", "Sort")
REVERSE = Key(("S",), "S", "screen.reverse", "reverse order")
NARROW = Key(("f",), "f", "screen.narrow(False)", "filter by the selected row or field; x: exclude it", "Only")
EXCLUDE = Key(("x",), "x", "screen.narrow(True)", "")
ACKNOWLEDGE = Key(("A",), "A", "screen.acknowledge", "acknowledge the selected alert; elsewhere, all active ones")
MUTE = Key(("m",), "m", "screen.mute", "mute the signal of the selected alert (no notices) for a time; again: unmute")
ACCEPT = Key(
    ("u",), "u", "screen.accept", "take the present as usual: the selected alert ends; elsewhere, all active ones"
)
SEASON = Key(
    ("B",),
    "B",
    "screen.season",
    "seasonal baseline for the selected alert, or signals offered it; again: undo",
)
EXPORT = Key(
    ("E",), "E", "screen.export", "write the exchanges that match the filter to a JSON or CSV file", exchanges=True
)
CURL = Key(("y",), "y", "screen.curl", "copy the selected exchange as a curl command to the clipboard", exchanges=True)
MARK_BAD = Key(
    ("minus",), "- +", "screen.mark('bad')", "mark the exchange as bad, + as good, for learn (--labels); again: undo",
    exchanges=True,
)  # fmt: skip
MARK_GOOD = Key(("plus",), "+", "screen.mark('good')", "", exchanges=True)
NEXT = Key(("right",), "Right", "screen.step(1)", "details of the next row; Left: of the previous one", "Next")
PREVIOUS = Key(("left",), "Left", "screen.step(-1)", "")
OPEN = Key(("enter",), "Enter", "open", "details of the row: rate, status codes, response times, exchanges", "Detail")
BACK = Key(("q", "escape", "backspace"), "q Esc", "screen.back", "back to the previous screen", "Back")

MAIN: Sequence[Key] = (
    QUIT,
    HELP,
    FILTER,
    OPEN,
    Key(("tab",), "Tab", "screen.panel_by(1)", "next panel; Shift+Tab: previous", "Panel"),
    Key(("shift+tab",), "Shift+Tab", "screen.panel_by(-1)", ""),
    WINDOW,
    WINDOW_BACK,
    Key(("1",), "1-9", "screen.panel(1)", "the panel with this number"),
    *(Key((digit,), digit, f"screen.panel({digit})", "") for digit in "23456789"),
    Key(("e",), "e", "screen.exchanges", "the list of exchanges", exchanges=True),
    Key(("a",), "a", "screen.alerts", "the list of alerts"),
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    BOTTOM,
    SORT,
    REVERSE,
    NARROW,
    EXCLUDE,
    ZOOM,
    CHOOSE,
    FREEZE,
    Key(
        ("n",),
        "n",
        "screen.next_match(1)",
        "next row with the filter's text, in any panel; N: previous",
        filtered=True,
    ),
    Key(("N",), "N", "screen.next_match(-1)", ""),
    Key(("escape",), "Esc", "screen.back", "end the zoom; clear the filter"),
    EXPORT,
    CURL,
    MARK_BAD,
    MARK_GOOD,
    ACKNOWLEDGE,
    MUTE,
    ACCEPT,
    Key(("R",), "R", "screen.relearn", "let all signals learn new baselines; active alerts end"),
    SEASON,
    Key(("b",), "b", "screen.blocks", "blocked clients (--block), to lift one", exchanges=True),
    Key(("h",), "h", "screen.health", "everything missed, and the status of each signal"),
    THEME,
    REDRAW,
    SUSPEND,
)
DETAIL: Sequence[Key] = (
    BACK,
    HELP,
    OPEN._replace(help="details of the selected exchange; a selected client or path becomes the filter", footer="Open"),
    Key(
        ("tab",),
        "Tab",
        "screen.list_by(1)",
        "next list: slowest exchanges, latest exchanges, clients, paths; Shift+Tab: previous",
        "List",
    ),
    Key(("shift+tab",), "Shift+Tab", "screen.list_by(-1)", ""),
    NARROW._replace(help="filter by this row, and by a selected client or path; x: exclude it"),
    EXCLUDE,
    NEXT,
    PREVIOUS,
    EXPORT._replace(help="write the exchanges of this row to a JSON or CSV file"),
    CURL,
    MARK_BAD,
    MARK_GOOD,
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
    DOWN._replace(help="next line"),
    UP._replace(help="previous line"),
    PAGE_DOWN,
    PAGE_UP,
    TOP._replace(help="beginning"),
    BOTTOM._replace(help="end"),
    THEME,
    REDRAW,
    SUSPEND,
    QUIT_ANYWHERE,
)
BLOCKS: Sequence[Key] = (
    BACK,
    HELP,
    Key(("L", "delete"), "L", "screen.lift", "lift the selected block: the client may come back at once", "Lift"),
    NARROW._replace(help="filter by the selected client; x: exclude it"),
    EXCLUDE,
    DOWN._replace(help="next block"),
    UP._replace(help="previous block"),
    PAGE_DOWN,
    PAGE_UP,
    TOP._replace(help="first block"),
    BOTTOM._replace(help="last block"),
    THEME,
    REDRAW,
    SUSPEND,
    QUIT_ANYWHERE,
)
"""The keys of the list of blocked clients."""
EXPORTING: Sequence[Key] = (
    Key(("enter",), "Enter", "submit", "write the file", "Write"),
    Key(("escape",), "Esc", "screen.back", "write nothing", "Cancel"),
    QUIT_ANYWHERE,
)
"""The keys while the name of a file is typed."""
FACTS: Sequence[Key] = (
    BACK,
    NARROW._replace(help="filter by the selected field; x: exclude it"),
    EXCLUDE,
    NEXT,
    PREVIOUS,
    DOWN._replace(help="next field"),
    UP._replace(help="previous field"),
    PAGE_DOWN,
    PAGE_UP,
    TOP._replace(help="first field"),
    BOTTOM._replace(help="last field"),
    HELP,
    THEME,
    REDRAW,
    SUSPEND,
    QUIT_ANYWHERE,
)
"""The keys of a page about one thing."""
EXCHANGE: Sequence[Key] = (
    *FACTS[:5],
    CURL._replace(help="copy the exchange as a curl command"),
    MARK_BAD,
    MARK_GOOD,
    *FACTS[5:],
)
"""The keys of a page about one exchange."""
ALERT: Sequence[Key] = (
    BACK,
    HELP,
    ACKNOWLEDGE._replace(help="acknowledge the alert", footer="Acknowledge"),
    MUTE._replace(help="mute the signal (no notices) for a time; again: unmute", footer="Mute"),
    ACCEPT._replace(help="take the present as usual: the alert ends", footer="Accept"),
    Key(("R",), "R", "screen.relearn", "let this signal learn a new baseline; its alert ends", "Relearn"),
    SEASON._replace(help="seasonal baseline: the usual at that hour of the week; again: undo", footer="Season"),
    *(key for key in FACTS if key not in (BACK, HELP)),
)
"""The keys of a page about one alert."""
MUTING: Sequence[Key] = (
    Key(("1",), "1", "screen.mute_for(1)", "for 1 hour", "1 h"),
    Key(("8",), "8", "screen.mute_for(8)", "for 8 hours", "8 h"),
    Key(("m",), "m", "screen.mute_for(0)", "until you end it, also after a restart", "Until ended"),
    Key(("escape", "q", "backspace"), "Esc", "screen.back", "not at all", "Cancel"),
    QUIT_ANYWHERE,
)
"""The keys while it is asked for how long a signal is muted."""
PANELS: Sequence[Key] = (
    BACK,
    HELP,
    Key(("space", "enter"), "Space", "screen.show_or_hide", "show or hide the panel", "Show/hide"),
    Key(("J", "shift+down"), "J", "screen.shift(1)", "move the panel down; K: up", "Move"),
    Key(("K", "shift+up"), "K", "screen.shift(-1)", ""),
    Key(("d",), "d", "screen.reset", "show all panels in their usual order", "Default"),
    DOWN._replace(help="next panel"),
    UP._replace(help="previous panel"),
    TOP._replace(help="first panel"),
    BOTTOM._replace(help="last panel"),
    THEME,
    REDRAW,
    SUSPEND,
    QUIT_ANYWHERE,
)
EDITING: Sequence[Key] = (
    Key(("enter",), "Enter", "accept", "apply the filter", "Apply"),
    Key(("escape",), "Esc", "cancel", "restore the previous filter", "Cancel"),
    Key(("ctrl+u",), "Ctrl+U", "clear", "clear the line", "Clear"),
    Key(("right",), "Right", "complete", "accept the completion", "Complete"),
    Key(("up", "down"), "Up Down", "history", "earlier filters"),
)


class FooterKey(NamedTuple):
    """Says where a key stands in the footer."""

    start: int
    end: int
    key: str
    """Name in Textual."""


def of_fleet(keys: Sequence[Key]) -> list[Key]:
    """Return the keys of a screen of sums alone, with what they do there."""
    told = {
        FILTER: "show only some sensors, as sensor:web-* -sensor:web-3 vantage:edge",
        OPEN: "show only the sensor of the row; details of an alert",
    }
    return [key._replace(help=told.get(key, key.help)) for key in keys if not key.exchanges]


def footer(keys: Sequence[Key], page: Page) -> tuple[Line, list[FooterKey]]:
    """Draw as many main keys as fit, and return where they are, for the mouse."""
    pieces: list[Piece] = []
    places: list[FooterKey] = []
    taken = 0
    for key in keys:
        if not key.footer:
            continue
        cap, word = f" {key.label.split()[0]} ", f" {key.footer} "
        if taken + len(cap) + len(word) - 1 > page.width:
            break
        pieces += [Piece(cap, Style.KEY), Piece(word)]
        places.append(FooterKey(taken, taken + len(cap) + len(word), key.names[0]))
        taken += len(cap) + len(word)
    return tuple(pieces), places


def help_lines(keys: Sequence[Key], page: Page) -> list[Line]:
    """Write a line for each key that does something here."""
    told = [key for key in keys if key.help]
    room = max(len(key.label) for key in told) + 3
    lines: list[Line] = []
    for key in told:
        sentence = cells.cut_end(key.help, page.width - room, page.ellipsis)
        lines.append((Piece(f"{key.label:<{room}}", Style.HEADING), Piece(sentence)))
    return lines

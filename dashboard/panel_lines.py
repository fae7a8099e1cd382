"""A top list as lines of text: a heading, a row for each key, and the rest as `(other)`. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from stats.statistic import Unit
from store.sums import OTHER
from view import cells, figures
from view.page import Line, Page, Piece, Style
from view.panel import Measure, Panel, ResponseTimes, Row

NO_KEY = "(empty)"
ROOM = 24
"""Width of a key that has room for a server's address and port."""
FULL_KEY = 28
"""Width of a key from which further percentiles may stand beside it."""
PERCENTILES = ("p95", "p99", "p50")
"""Shown beside the average if there is room, most useful first."""
ERRORS = {"5xx": attrgetter("server_errors"), "4xx": attrgetter("client_errors")}
"""Shown beside hits and bytes if there is room, and if they differ between the keys."""
BESIDE = 13
"""Width of a percentile, or of a share of errors, with its name."""


@dataclass(frozen=True)
class PanelColumns:
    """Holds the column widths that all panels of a page share, so that they line up."""

    key: int
    recent: int
    window: int
    recent_heading: str
    window_heading: str

    @property
    def width(self) -> int:
        """Return the width of a panel."""
        return self.key + self.recent + self.window


def columns(panels: Sequence[Panel], width: int, spans: tuple[float, float]) -> PanelColumns:
    """Make each column as wide as its widest figure, and give the keys what is left of `width`."""
    headings = tuple(map(figures.span, spans))
    shown = [figures.amounts(row, panel.unit) for panel in panels for row in (*panel.rows, panel.other)]
    recent, window = (max([7, len(headings[i]), *(len(pair[i]) for pair in shown)]) + 2 for i in (0, 1))
    return PanelColumns(max(4, width - recent - window), recent, window, *headings)


def natural_height(panel: Panel) -> int:
    """Return how many lines below the heading the whole panel takes."""
    return max(1, len(panel.rows) + _is_counted(panel.other))


def trimmed(panel: Panel, height: int) -> Panel:
    """Cut a panel to `height` lines below its heading; rows that are cut are added to `(other)`."""
    if natural_height(panel) <= height:
        return panel
    kept = max(1, height - 1)
    other = panel.other
    for row in panel.rows[kept:]:
        other = _sum(other, row)
    return replace(panel, rows=panel.rows[:kept], other=other)


def panel_lines(panel: Panel, columns: PanelColumns, page: Page, height: int) -> list[Line]:
    """Draw heading and rows, padded to the width of the columns, with empty lines up to `height` below the heading."""
    panel = trimmed(panel, height)
    lines = [_heading(panel.title, columns, page)]
    lines += [_row(row.key or NO_KEY, row, Style.PLAIN, panel, columns, page) for row in panel.rows]
    if _is_counted(panel.other):
        lines.append(_row(OTHER, panel.other, Style.QUIET, panel, columns, page))
    if len(lines) == 1:
        lines.append((Piece(cells.pad_right("  nothing yet", columns.width), Style.QUIET),))
    lines = lines[: height + 1]
    return lines + [(Piece(" " * columns.width),)] * (height + 1 - len(lines))


def _heading(title: str, columns: PanelColumns, page: Page) -> Line:
    spans = f"  {columns.recent_heading}{columns.window_heading:>{columns.window}}"
    room = columns.width - len(spans)
    shown = cells.cut_end(page.text(title), room, page.ellipsis)
    return (Piece(cells.pad_right(shown, room), Style.HEADING), Piece(spans, Style.QUIET))


def _row(key: str, row: Row, style: Style, panel: Panel, columns: PanelColumns, page: Page) -> Line:
    recent, window = figures.amounts(row, panel.unit)
    beside = _beside(row, panel, columns)
    shown = cells.pad_right("  " + page.text(key, columns.key - len(beside) - 2), columns.key - len(beside))
    return (Piece(f"{shown}{beside}{recent:>{columns.recent}}{window:>{columns.window}}", style),)


def _beside(row: Row, panel: Panel, columns: PanelColumns) -> str:
    """Format as many figures of the window as leave enough room for the keys; every row has the same number."""
    if columns.key < ROOM + BESIDE:
        return ""
    number = max(1, (columns.key - FULL_KEY) // BESIDE)
    told = _percentiles(row.window) if panel.unit is Unit.SECONDS else _errors(row.window, panel)
    return "".join(text.rjust(BESIDE) for _, text in sorted(told[:number]))


def _percentiles(measure: Measure) -> list[tuple[str, str]]:
    times = measure.times
    return [(name, f"{name} {figures.latency(getattr(times, name))}" if times else "") for name in PERCENTILES]


def _errors(measure: Measure, panel: Panel) -> list[tuple[str, str]]:
    """Format the share of errors; nothing where no row has any, or where all hits of each row are errors."""
    return [
        (name, f"{name} {figures.errors(errors(measure), measure)}" if errors(measure) else "")
        for name, errors in ERRORS.items()
        if any(0 < errors(each.window) < each.window.count for each in (*panel.rows, panel.other))
    ]


def _is_counted(row: Row) -> bool:
    return bool(row.window.count or row.window.total)


def _sum(one: Row, two: Row) -> Row:
    trend = tuple(map(sum, zip(one.trend, two.trend, strict=True))) if one.trend and two.trend else ()
    return Row(one.key, _added(one.recent, two.recent), _added(one.window, two.window), trend)


def _added(one: Measure, two: Measure) -> Measure:
    """Add up two measures. Percentiles cannot be added, so they are dropped if both have some."""
    times: ResponseTimes | None = one.times or two.times if not (one.times and two.times) else None
    errors = one.client_errors + two.client_errors, one.server_errors + two.server_errors
    return Measure(one.count + two.count, one.total + two.total, one.volume + two.volume, times, *errors)

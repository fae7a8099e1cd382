"""Status classes over time: a line for each, with a small chart and its share. Pure."""

from dashboard.full.scale import Columns
from view import figures
from view.page import Line, Page, Piece, Style
from view.view import Chart

STYLES = {"2xx": Style.GOOD, "4xx": Style.WARNING, "5xx": Style.ALARM}
"""Of the names; the words say the same."""
NAMES = {"(no response)": "no answer", "(not seen)": "not seen"}
NARROW = 5
"""Columns that a chart needs to tell anything."""


def class_lines(chart: Chart | None, page: Page) -> list[Line]:
    """A heading, then a line for each class that was seen; all charts have one scale."""
    lines: list[Line] = [(Piece("Status classes", Style.HEADING),)]
    if chart is None or not any(sum(counts) for _, counts in chart.classes):
        return [*lines, (Piece("no exchange in this window", Style.QUIET),)]
    whole = sum(sum(counts) for _, counts in chart.classes)
    highest = max(max(_columns(chart, counts, page), default=0) for _, counts in chart.classes)
    for name, counts in chart.classes:
        lines.append(_line(name, counts, chart, page, whole, highest))
    return lines[: page.height]


def _line(name: str, counts: tuple[int, ...], chart: Chart, page: Page, whole: int, highest: int) -> Line:
    total = sum(counts)
    share = figures.percent(total, whole) if total else figures.NOTHING
    shown = NAMES.get(name) or page.text(name, 9)
    values = _columns(chart, counts, page)
    blocks = "".join(_block(value, highest, page) for value in values)
    style = STYLES.get(name, Style.PLAIN) if total else Style.QUIET
    return (
        Piece(f"{shown:<10}", style),
        Piece(f"{blocks:>{_room(page)}}", Style.CHART),
        Piece(f"{share:>8}", Style.PLAIN if total else Style.QUIET),
    )


def _columns(chart: Chart, counts: tuple[int, ...], page: Page) -> list[int]:
    return Columns.of(chart, _room(page)).spread(counts, sum)


def _room(page: Page) -> int:
    return max(NARROW, page.width - 18)


def _block(value: int, highest: int, page: Page) -> str:
    """A space for nothing, else a block: an error among thousands of answers shows."""
    if value <= 0:
        return " "
    return page.blocks[min(7, round(7 * value / highest))] if highest else page.blocks[0]

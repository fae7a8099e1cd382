"""Response times as a histogram, with p50, p90 and p99 beside the bars they are in. Pure."""

from collections.abc import Sequence
from itertools import zip_longest
from math import isinf

from view import figures
from view.detail import Bar
from view.page import Line, Page, Piece, Style
from view.view import Times

EIGHTHS = "▏▎▍▌▋▊▉█"
LABEL = 17
"""Cells of the ends of a bar."""
COUNT = 9
MARKS = 14
"""Cells for names of percentiles."""


def histogram_lines(bars: Sequence[Bar], times: Times | None, page: Page) -> list[Line]:
    """A heading and a line for each bar; bars are joined where there are more than lines."""
    lines: list[Line] = [(Piece("Response times", Style.HEADING),)]
    if not bars or times is None:
        return [*lines, (Piece("none measured in this window", Style.QUIET),)]
    height = (page.height or 12) - 1
    while len(bars) > max(1, height):
        bars = _joined(bars)
    highest = max(bar.count for bar in bars)
    return lines + [_line(bar, highest, times, page, place == len(bars) - 1) for place, bar in enumerate(bars)]


def _joined(bars: Sequence[Bar]) -> list[Bar]:
    """Each with its slower neighbour."""
    pairs = zip_longest(bars[::2], bars[1::2])
    return [one if two is None else Bar(one.low, two.high, one.count + two.count) for one, two in pairs]


def _line(bar: Bar, highest: int, times: Times, page: Page, last: bool) -> Line:
    room = max(1, page.width - LABEL - COUNT - MARKS)
    named = [("p50", times.p50), ("p90", times.p90), ("p99", times.p99)]
    inside = [name for name, value in named if bar.low < value <= bar.high or (last and value > bar.high)]
    pointer = ("<" if page.ascii_only else "◂") + " " + " ".join(inside) if inside else ""
    return (
        Piece(f"{_span(bar):<{LABEL}}", Style.QUIET),
        Piece(f"{_bar(bar.count, highest, room, page):<{room}}", Style.CHART),
        Piece(f"{figures.count(bar.count):>{COUNT}}"),
        Piece(f" {pointer}", Style.NAME),
    )


def _span(bar: Bar) -> str:
    if isinf(bar.high):
        return f"from {_end(bar.low)}"
    return f"{_end(bar.low)} - {_end(bar.high)}" if bar.low else f"up to {_end(bar.high)}"


def _end(seconds: float) -> str:
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= size * 0.999:
            return f"{seconds / size:,.0f} {unit}"
    return "0"


def _bar(count: int, highest: int, room: int, page: Page) -> str:
    """As long as its share of the highest; what is not zero shows."""
    eighths = max(1, round(8 * room * count / highest)) if count else 0
    if page.ascii_only:
        return "#" * -(-eighths // 8)
    return EIGHTHS[-1] * (eighths // 8) + (EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")

"""The lines of the detail screen above its list of exchanges: heading, counts, response times. Pure."""

from collections.abc import Sequence
from itertools import zip_longest
from math import isinf

from dashboard.full.status_lines import PAUSED, window_name
from dashboard.panel_lines import NO_KEY
from view import cells, figures
from view.detail import Bar, DetailView
from view.page import Line, Page, Piece, Style, width
from view.panel import Panel, ResponseTimes
from view.sensors import SensorFilterView
from view.view import FilterView


def heading_lines(detail: DetailView, only: str, frozen: bool, page: Page) -> list[Line]:
    """Say what the detail is about and how much it covers; `only` is the current filter."""
    before: Line = (*(PAUSED if frozen else ()), Piece(f"{page.text(detail.title)}  ", Style.HEADING))
    key = page.text(detail.key, page.width - width(before)) or NO_KEY
    return [(*before, Piece(key, Style.NAME)), _reach(detail, only, page), _figures(detail, page)]


def reach(matched: FilterView | SensorFilterView, page: Page) -> str:
    """Say how many exchanges matched, of how many, and since when; or how many sensors."""
    if isinstance(matched, SensorFilterView):
        return f"{figures.count(matched.matched)} of {figures.counted(matched.sensors, 'sensor')}"
    found = f"{figures.count(matched.matched)} of {figures.counted(matched.looked_at, 'exchange')}"
    return f"{found} since {page.moment(matched.since)[:8]}"


def _reach(detail: DetailView, only: str, page: Page) -> Line:
    waiting = f"  {figures.count(detail.waiting)} left to scan" if detail.waiting else ""
    filtered = f"  filter {page.text(only)}" if only else ""
    told = f"{reach(detail.filter, page)}{waiting}  shown: the last {window_name(detail.window)}{filtered}"
    return (Piece(cells.cut_end(told, page.width, page.ellipsis), Style.QUIET),)


def _figures(detail: DetailView, page: Page) -> Line:
    whole = detail.whole
    items: list[Line] = [
        (Piece(figures.counted(whole.count, "request"), Style.NAME),),
        (Piece(figures.volume(whole.volume)),),
    ]
    if whole.times is not None:
        named = (
            ("average", whole.times.average),
            ("p50", whole.times.p50),
            ("p90", whole.times.p90),
            ("p99", whole.times.p99),
        )
        items += [(Piece(f"{name} ", Style.QUIET), Piece(figures.latency(seconds))) for name, seconds in named]
    return page.flow(items, gap=2)[0]


def counts_lines(panel: Panel, title: str, page: Page) -> list[Line]:
    """List the hits and the share of each row of a panel."""
    lines: list[Line] = [(Piece(title, Style.HEADING),)]
    for row in panel.rows:
        hits, share = figures.count(row.window.count), figures.percent(row.window.count, panel.whole.count)
        room = page.width - 18
        key = cells.pad_right(page.text(row.key, room) or NO_KEY, room)
        lines.append((Piece(key), Piece(f"{hits:>9}"), Piece(f"{share:>8}", Style.QUIET)))
    return lines[: page.height]


EIGHTHS = "▏▎▍▌▋▊▉█"
LABEL = 17
"""Width of the ends of a bar."""
COUNT = 9
MARKS = 14
"""Width of the names of percentiles."""


def histogram_lines(bars: Sequence[Bar], times: ResponseTimes | None, page: Page) -> list[Line]:
    """Draw a heading and a line for each bar; if there are more bars than lines, neighbours are joined."""
    lines: list[Line] = [(Piece("Response times", Style.HEADING),)]
    if not bars or times is None:
        return [*lines, (Piece("none measured in this window", Style.QUIET),)]
    height = (page.height or 12) - 1
    while len(bars) > max(1, height):
        bars = _joined(bars)
    highest = max(bar.count for bar in bars)
    return lines + [_line(bar, highest, times, page, place == len(bars) - 1) for place, bar in enumerate(bars)]


def _joined(bars: Sequence[Bar]) -> list[Bar]:
    """Join each bar with its slower neighbour."""
    pairs = zip_longest(bars[::2], bars[1::2])
    return [one if two is None else Bar(one.low, two.high, one.count + two.count) for one, two in pairs]


def _line(bar: Bar, highest: int, times: ResponseTimes, page: Page, last: bool) -> Line:
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
    """Draw a bar by its share of the highest; a count above zero is never invisible."""
    eighths = max(1, round(8 * room * count / highest)) if count else 0
    if page.ascii_only:
        return "#" * -(-eighths // 8)
    return EIGHTHS[-1] * (eighths // 8) + (EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")

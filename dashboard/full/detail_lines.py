"""What is behind one row: the text above its list of exchanges. Pure."""

from dashboard.full.top_lines import FROZEN, window_name
from dashboard.panel_lines import NO_KEY
from view import cells, figures
from view.detail import DetailView
from view.page import Line, Page, Piece, Style, width
from view.view import FilterView, Panel


def heading_lines(detail: DetailView, only: str, frozen: bool, page: Page) -> list[Line]:
    """What it is about, and how much of it there is; `only` is the filter in force."""
    before: Line = (*(FROZEN if frozen else ()), Piece(f"{page.text(detail.title)}  ", Style.HEADING))
    key = page.text(detail.key, page.width - width(before)) or NO_KEY
    return [(*before, Piece(key, Style.NAME)), _reach(detail, only, page), _figures(detail, page)]


def reach(matched: FilterView, page: Page) -> str:
    """How many exchanges there are, of how many, and how far back."""
    found = f"{figures.count(matched.matched)} of {figures.counted(matched.looked_at, 'exchange')}"
    return f"{found} since {page.moment(matched.since)[:8]}"


def _reach(detail: DetailView, only: str, page: Page) -> Line:
    waiting = f"  {figures.count(detail.waiting)} still to look at" if detail.waiting else ""
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
            ("slowest", whole.times.slowest),
        )
        items += [(Piece(f"{name} ", Style.QUIET), Piece(figures.latency(seconds))) for name, seconds in named]
    return page.flow(items, gap=2)[0]


def counts_lines(panel: Panel, title: str, page: Page) -> list[Line]:
    """Hits and shares of a panel's rows."""
    lines: list[Line] = [(Piece(title, Style.HEADING),)]
    for row in panel.rows:
        hits, share = figures.count(row.window.count), figures.percent(row.window.count, panel.whole.count)
        room = page.width - 18
        key = cells.pad_right(page.text(row.key, room) or NO_KEY, room)
        lines.append((Piece(key), Piece(f"{hits:>9}"), Piece(f"{share:>8}", Style.QUIET)))
    return lines[: page.height]

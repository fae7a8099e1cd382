"""The history line: current traffic compared with the past, and the busiest periods."""

from collections.abc import Iterator

from view import figures
from view.page import Line, Page, Piece, Style
from view.past import busiest, lately, then_and_now
from view.view import HistoryView, View


def past(view: View, page: Page) -> list[Line]:
    """Make one line with as much as fits; none without a history, or while the history is empty."""
    items = [] if view.history is None else list(_items(view, view.history, page))
    return [page.fit([(Piece("History", Style.HEADING),), *items])] if items else []


def _items(view: View, history: HistoryView, page: Page) -> Iterator[Line]:
    now = lately(view)
    for when, before in (("this time yesterday", history.yesterday), ("last week", history.last_week)):
        if before is not None:
            yield (Piece(f"{when} {then_and_now(before, now)}"),)
    for name, period in busiest(history):
        start = figures.period(name, period.start, page.zone)
        yield (Piece(f"busiest {name} ", Style.QUIET), Piece(f"{start} {figures.count(period.requests)}"))

"""Now against the past: the same time before and the busiest times, where there is a history."""

from collections.abc import Iterator

from dashboard import figures
from dashboard.page import Line, Page, Piece, Style
from dashboard.view import HistoryView, PeriodView, View

LATELY = 600
"""Seconds that are compared, as far as they are drawn."""


def past(view: View, page: Page) -> list[Line]:
    """One line, of as much as fits; none without a history, and as long as it knows nothing of the past."""
    items = [] if view.history is None else list(_items(view, view.history, page))
    return [page.fit([(Piece("History", Style.HEADING),), *items])] if items else []


def lately(view: View) -> float | None:
    """Requests per second of the last ten minutes, as far as they are drawn; None where there is nothing to tell."""
    rates = (view.request_rate or ())[-max(1, int(LATELY / view.bucket_size)) :]
    return sum(rates) / len(rates) if rates else None


def then_and_now(before: float, now: float | None) -> str:
    """As `118 /s, now +4 %`."""
    told = f"{figures.rate(before)} /s"
    return told if now is None else f"{told}, now {figures.change(now, before)}"


def busiest(history: HistoryView) -> tuple[tuple[str, PeriodView], ...]:
    """The busiest periods that are known, with what they are called."""
    periods = (("hour", history.hour), ("day", history.day), ("week", history.week), ("month", history.month))
    return tuple((name, period) for name, period in periods if period is not None)


def _items(view: View, history: HistoryView, page: Page) -> Iterator[Line]:
    now = lately(view)
    for when, before in (("this time yesterday", history.yesterday), ("last week", history.last_week)):
        if before is not None:
            yield (Piece(f"{when} {then_and_now(before, now)}"),)
    for name, period in busiest(history):
        start = figures.period(name, period.start, page.zone)
        yield (Piece(f"busiest {name} ", Style.QUIET), Piece(f"{start} {figures.count(period.requests)}"))

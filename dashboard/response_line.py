"""Responses in one line: the share of each status class, and percentiles of the response time. Pure."""

from typing import Final

from view import figures
from view.page import Line, Page, Piece, Style
from view.view import View

STYLES: Final = {"2xx": Style.GOOD, "4xx": Style.WARNING, "5xx": Style.ALARM}
"""Styles of the status classes; the words say the same."""


def responses(view: View, page: Page) -> list[Line]:
    """Make one line about the window with as much as fits; none before the first exchange."""
    classes = view.chart.classes if view.chart is not None else ()
    counts = {name: sum(counted) for name, counted in classes}
    whole = sum(counts.values())
    if not whole:
        return []
    items: list[Line] = [
        (Piece(page.text(name), STYLES.get(name, Style.PLAIN)), Piece(f" {figures.percent(count, whole)}"))
        for name, count in counts.items()
        if count
    ]
    if (times := view.whole.times) is not None:
        told = (("p50", times.p50), ("p95", times.p95), ("p99", times.p99))
        items += [(Piece(f"{name} ", Style.QUIET), Piece(figures.latency(seconds))) for name, seconds in told]
    return [page.fit([(Piece("Responses", Style.HEADING),), *items])]

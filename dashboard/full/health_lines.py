"""The line of health, always on the screen: what was not seen, and what needs the user's eye. Pure."""

from collections.abc import Sequence

from dashboard.heading import health_items
from view import figures
from view.page import Line, Page, Piece, Style
from view.view import View

LINES = 2
"""Of what was not seen; on most screens one does."""
NOTICES = 2
"""Sentences shown at a time, the latest ones."""


def health_lines(view: View, notices: Sequence[str], page: Page) -> list[Line]:
    """What was seen and what was not; then sentences, of the capture and of the program."""
    items = health_items(view.health, page)
    if view.health.oddities:
        times = sum(count for _, count in view.health.oddities)
        items.append((Piece("oddities "), Piece(figures.count(times), Style.WARNING)))
    lines = page.flow(items, gap=2, indent=2)
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], _cut(lines[LINES - 1], page)]
    told = [*view.health.warnings, *notices]
    hidden = len(told) - NOTICES
    lines += [(Piece(f"! {page.text(notice, page.width - 2)}", Style.WARNING),) for notice in told[-NOTICES:]]
    if hidden > 0:
        lines[-1] = (*lines[-1], Piece(f"  and {hidden} more", Style.QUIET))
    return lines


def _cut(line: Line, page: Page) -> Line:
    return (*line, Piece(f" {page.ellipsis}", Style.QUIET))

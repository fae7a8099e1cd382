"""The lines at the top of the main screen, above and below the banners of alerts. Pure.

Their number does not depend on the traffic, so nothing below them moves.
"""

from collections.abc import Sequence

from dashboard.alert_lines import signals
from dashboard.full import status_lines
from dashboard.full.paint import ScreenPage
from dashboard.full.state import ScreenState
from dashboard.progress import Progress, progress_line
from view.page import EMPTY, Line, Piece, Style
from view.view import View

TALL = 44
"""Lines of a terminal that has room for the status of all signals."""
SIGNALS = 2
WIDE = 190
"""Columns of a page that shows what is busy and slow on one line."""


def lines_above(view: View, state: ScreenState, page: ScreenPage) -> list[Line]:
    """Return the title, the progress in a file, and the state of the alerts."""
    return [
        status_lines.title_line(view, state.desk.windows, state.frozen, page),
        *progress_lines(state.desk.progress(), page),
        status_lines.state_line(view, page),
    ]


def lines_below(view: View, page: ScreenPage, height: int) -> list[Line]:
    """Return what is busy and slow and, in a terminal with enough lines, the status of all signals."""
    below = padded(status_lines.glance_lines(view, page), 1 if page.width >= WIDE else 2)
    standing = signals(view, page)
    if standing and height >= TALL:
        below += padded(standing, 1 if page.width >= WIDE else SIGNALS)
    return below


def progress_lines(progress: Progress | None, page: ScreenPage) -> list[Line]:
    """Show how much of a file was read, until it is read."""
    if progress is None:
        return []
    return [(Piece("READING", Style.HEADING), Piece(f"  {progress_line(progress, page.width - 9)}", Style.CHART))]


def padded(lines: Sequence[Line], number: int) -> list[Line]:
    """Return exactly this many lines."""
    return [*lines, *[EMPTY] * number][:number]

"""Arranges top lists side by side and in ranks, and shares a screen's height among them. Pure."""

from collections.abc import Sequence
from itertools import chain

from dashboard.panel_lines import columns, natural_height, panel_lines
from view import cells
from view.page import EMPTY, Line, Page, Piece, Style
from view.panel import Panel
from view.view import View

GUTTER = 4
"""Cells between panels."""
COMFORTABLE = 50
"""Width from which a panel shows most keys in full."""
TIGHT = 36
"""Width that is accepted rather than hide rows."""
WIDEST = 100
"""Above this width the eye loses the line from key to figure."""
COMFORTABLE_HEIGHT = 9
"""Lines of the screen for each rank from which a comfortable width is worth it."""
SMALLEST = 2
"""Lines of the smallest rank: a heading and a row."""
AIRY = 5
"""Lines for each rank from which an empty line separates ranks."""

Ranks = list[Sequence[Panel]]


def grid(view: View, page: Page, used: int) -> list[Line]:
    """Lay out the panels below `used` lines of the page."""
    shown = view.shown
    if not shown:
        return []
    abreast = _abreast(len(shown), page)
    ranks: Ranks = [shown[i : i + abreast] for i in range(0, len(shown), abreast)]
    heights = [max(map(natural_height, rank)) for rank in ranks]
    gap, hidden = 1, EMPTY
    if page.height is not None:
        fitting = max(1, (page.height - used - 1) // SMALLEST)
        if len(ranks) > fitting and (page.height - used) // SMALLEST < len(ranks):
            hidden = hidden_note([panel for rank in ranks[fitting:] for panel in rank], page)
            ranks, heights = ranks[:fitting], heights[:fitting]
        room = page.height - used - len(ranks) - bool(hidden)
        gap = int(room >= min(sum(heights), (AIRY - 2) * len(ranks)) + len(ranks) - 1)
        heights = share_out(heights, room - gap * (len(ranks) - 1))
    width = min(WIDEST, (page.width - GUTTER * (abreast - 1)) // abreast)
    return [*_lay_out(view, page, ranks, heights, gap, width), *([hidden] if hidden else [])]


def share_out(wanted: Sequence[int], lines: int) -> list[int]:
    """Share out the lines that there are: the largest shrink first, and nobody gets less than one."""
    given = list(wanted)
    while sum(given) > lines and max(given) > 1:
        given[len(given) - 1 - given[::-1].index(max(given))] -= 1
    return given


def _abreast(panels: int, page: Page) -> int:
    """Return the panels of a rank. This depends only on the size of the page, so that panels keep their places."""
    comfortable = max(1, (page.width + GUTTER) // (COMFORTABLE + GUTTER))
    tight = max(1, (page.width + GUTTER) // (TIGHT + GUTTER))
    if page.height is None or page.height // -(-panels // comfortable) >= COMFORTABLE_HEIGHT:
        return min(panels, comfortable)
    return min(panels, tight)


def _lay_out(view: View, page: Page, ranks: Ranks, heights: list[int], gap: int, width: int) -> list[Line]:
    shared = columns(view.shown, width, (view.bucket_size, view.window))
    gutter = (Piece(" " * GUTTER),)
    lines: list[Line] = []
    for rank, height in zip(ranks, heights, strict=True):
        blocks = [panel_lines(panel, shared, page, height) for panel in rank]
        lines += [EMPTY] * gap if lines else []
        lines += [_joined(row, gutter) for row in zip(*blocks, strict=True)]
    return lines


def _joined(row: Sequence[Line], gutter: Line) -> Line:
    return tuple(chain.from_iterable((*gutter, *line) if i else line for i, line in enumerate(row)))


def hidden_note(panels: Sequence[Panel], page: Page) -> Line:
    """Name the panels that do not fit."""
    names = ", ".join(page.text(panel.title) for panel in panels)
    return (
        Piece(cells.cut_end(f"Not shown (a taller window is needed): {names}", page.width, page.ellipsis), Style.QUIET),
    )

"""Shares the screen out among its parts. Pure."""

from typing import NamedTuple

SMALLEST = (60, 18)
"""Columns and lines below which nothing useful fits."""
PANEL_WIDTH = 78
"""Width from which a table shows all its columns."""
PANEL_HEIGHT = 8
"""Least useful height of a table, heading included."""
TALLEST_CHART = 12
CLASSES_WIDTH = 30
WIDEST_CLASSES = 60


class Layout(NamedTuple):
    """Holds the lines and columns of each part."""

    chart: int
    """Lines of the chart and of the status classes beside it."""
    classes: int
    """Columns of the status classes."""
    abreast: int
    """Tables side by side."""
    ranks: int
    """Tables one below the other."""


def too_small(width: int, height: int) -> bool:
    """Return whether the screen should say only that it is too small."""
    return width < SMALLEST[0] or height < SMALLEST[1]


def arrange(width: int, height: int, used: int, panels: int) -> Layout:
    """Share out a screen among the chart and this many panels; other text takes `used` lines."""
    free = height - used
    chart = min(TALLEST_CHART, max(5, free // 4))
    abreast = max(1, min(panels, width // PANEL_WIDTH))
    ranks = max(1, min(-(-panels // abreast), (free - chart) // PANEL_HEIGHT))
    return Layout(chart, min(WIDEST_CLASSES, max(CLASSES_WIDTH, width // 3)), abreast, ranks)


def first_shown(focus: int, first: int, layout: Layout, panels: int) -> int:
    """Return the first panel on the screen: whole ranks scroll, only as far as needed to show the focused panel."""
    abreast, places = layout.abreast, layout.abreast * layout.ranks
    rank = focus // abreast
    last_first = max(0, -(-panels // abreast) - layout.ranks)
    first_rank = min(max(first // abreast, rank - layout.ranks + 1), rank, last_first)
    return first_rank * abreast if places < panels else 0

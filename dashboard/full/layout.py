"""How the screen is shared out among its parts. Pure."""

from typing import NamedTuple

SMALLEST = (60, 18)
"""Columns and lines below which nothing useful fits."""
PANEL_WIDTH = 78
"""Columns of a table that shows all that it has."""
PANEL_HEIGHT = 8
"""Lines of a table, heading included, that are worth a place."""
TALLEST_CHART = 12
CLASSES_WIDTH = 30
WIDEST_CLASSES = 60


class Layout(NamedTuple):
    """Lines and columns of each part."""

    chart: int
    """Lines of the chart and of the status classes beside it."""
    classes: int
    """Columns of the status classes."""
    abreast: int
    """Tables side by side."""
    ranks: int
    """Tables one below the other."""


def too_small(width: int, height: int) -> bool:
    """Whether the screen should say so, and nothing else."""
    return width < SMALLEST[0] or height < SMALLEST[1]


def arrange(width: int, height: int, used: int, panels: int) -> Layout:
    """Share out a screen of which `used` lines are taken by text above and below, among that many panels."""
    free = height - used
    chart = min(TALLEST_CHART, max(5, free // 4))
    abreast = max(1, min(panels, width // PANEL_WIDTH))
    ranks = max(1, min(-(-panels // abreast), (free - chart) // PANEL_HEIGHT))
    return Layout(chart, min(WIDEST_CLASSES, max(CLASSES_WIDTH, width // 3)), abreast, ranks)


def first_shown(focus: int, first: int, layout: Layout, panels: int) -> int:
    """The first panel on the screen, so that the one in focus is on it: whole ranks move, and no more than needed."""
    abreast, places = layout.abreast, layout.abreast * layout.ranks
    rank = focus // abreast
    last_first = max(0, -(-panels // abreast) - layout.ranks)
    first_rank = min(max(first // abreast, rank - layout.ranks + 1), rank, last_first)
    return first_rank * abreast if places < panels else 0

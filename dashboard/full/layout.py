"""Shares the screen out among its parts. Pure.

Tables are as high as their rows, and stand in columns: each goes below the shortest column. What an alert's banner
takes comes from the chart, so that no table moves when an alert is raised.
"""

from collections.abc import Sequence
from typing import NamedTuple

from dashboard.grid import share_out

SMALLEST = (60, 18)
"""Columns and lines below which nothing useful fits."""
PANEL_WIDTH = 78
"""Width from which a table shows most of its columns."""
LEAST = 8
"""Lines that a table with many rows needs, heading included, to be worth its place."""
MOST = 16
"""Lines that a table may take before another gets its own place, heading included."""
TALLEST_CHART = 12
BANNER = 2
"""Lines that are kept free for banners of alerts; without an alert the chart has them."""
CLASSES_WIDTH = 30
WIDEST_CLASSES = 60


class Layout(NamedTuple):
    """Holds the lines and columns of each part."""

    chart: int
    """Lines of the chart and of the status classes beside it; 0 while one table is zoomed."""
    classes: int
    """Columns of the status classes."""
    abreast: int
    """Columns of tables."""
    lines: int
    """Lines of all tables together."""


class Place(NamedTuple):
    """Says where a table stands."""

    column: int
    top: int
    """Lines above it in its column."""
    height: int


def too_small(width: int, height: int) -> bool:
    """Return whether the screen should say only that it is too small."""
    return width < SMALLEST[0] or height < SMALLEST[1]


def arrange(width: int, height: int, used: int, banner: int, tables: int) -> Layout:
    """Share out a screen among the chart and this many tables; banners take `banner` lines, other text `used`."""
    free = height - used - max(BANNER, banner)
    chart = min(TALLEST_CHART, max(5, free // 4))
    abreast = max(1, min(tables, width // PANEL_WIDTH))
    spare = max(0, BANNER - banner)
    return Layout(chart + spare, min(WIDEST_CLASSES, max(CLASSES_WIDTH, width // 3)), abreast, max(1, free - chart))


def zoomed(shared: Layout) -> Layout:
    """Give the room of everything to one table, but for the line that says how to end that."""
    return shared._replace(chart=0, abreast=1, lines=shared.lines + shared.chart - 1)


def places(wanted: Sequence[int], first: int, shared: Layout) -> list[Place]:
    """Place the tables from index `first` on, as many as fit. `wanted` are the lines each would fill."""
    columns: list[list[int]] = [[] for _ in range(shared.abreast)]
    for table in range(first, len(wanted)):
        needed = [sum(min(wanted[each], LEAST) for each in column) for column in columns]
        shortest = needed.index(min(needed))
        if columns[shortest] and needed[shortest] + min(wanted[table], LEAST) > shared.lines:
            break
        columns[shortest].append(table)
    found: dict[int, Place] = {}
    for number, column in enumerate(columns):
        found |= zip(column, _stacked(number, column, wanted, shared.lines), strict=True)
    return [found[table] for table in sorted(found)]


def _stacked(number: int, column: Sequence[int], wanted: Sequence[int], lines: int) -> list[Place]:
    """Give the tables of a column their heights. Lines that nobody needs go to the last one."""
    heights = share_out([min(wanted[table], MOST) for table in column], lines)
    for place, table in enumerate(column):
        heights[place] += min(wanted[table] - heights[place], max(0, lines - sum(heights)))
    tops = [sum(heights[:place]) for place in range(len(heights))]
    if heights:
        heights[-1] = max(1, lines - tops[-1])
    return [Place(number, top, height) for top, height in zip(tops, heights, strict=True)]


def first_shown(focus: int, first: int, wanted: Sequence[int], shared: Layout) -> int:
    """Return the first table on the screen: it moves only as far as needed to show the focused one, and back when all
    that follow have room.
    """
    first = min(first, focus)
    while focus >= first + len(places(wanted, first, shared)):
        first += 1
    while first and first - 1 + len(places(wanted, first - 1, shared)) == len(wanted):
        first -= 1
    return first

"""A top list as a table: hits, share, volume, average and p95 of the response time, and a trend. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from dashboard.full.sheet import Column, Entry, Sheet
from dashboard.panel_lines import NO_KEY
from stats.statistic import Unit
from store.sums import OTHER
from view import figures
from view.page import Page, Style
from view.view import Measure, Panel, Row

KEY, HITS, SHARE, VOLUME, BYTES, AVERAGE, P95, TREND = (
    "key", "hits", "share", "volume", "bytes", "average", "p95", "trend",
)  # fmt: skip
WIDE = 96
"""Cells of a page from which a trend shows all of its slices; else two at a time."""
FIRST = {Unit.HITS: HITS, Unit.BYTES: BYTES, Unit.SECONDS: AVERAGE}
"""By which column a statistic is ranked."""


class Sorting(NamedTuple):
    """By which column, and whether the highest comes first."""

    column: str
    descending: bool = True


def natural(panel: Panel) -> Sorting:
    """How the store ranks this statistic."""
    return Sorting(FIRST[panel.unit])


def sortable(panel: Panel) -> tuple[str, ...]:
    """The columns a panel can be sorted by, its natural one first."""
    amount = BYTES if panel.unit is Unit.BYTES else VOLUME
    names = (HITS, amount, AVERAGE, P95, KEY)
    first = FIRST[panel.unit]
    return (first, *(name for name in names if name != first))


def panel_sheet(panel: Panel, sorting: Sorting, rows: slice, page: Page) -> Sheet:
    """Those of the panel's rows in the order of `sorting`; `(other)` stays below."""
    trend = 12 if page.width >= WIDE else 6
    columns = (
        Column(KEY, left=True),
        Column(HITS, 7),
        Column(SHARE, 7, spare=3, sortable=False),
        Column(BYTES if panel.unit is Unit.BYTES else VOLUME, 8, spare=2),
        Column(AVERAGE, 8, spare=1),
        Column(P95, 8),
        Column(TREND, trend, left=True, spare=4, style=Style.CHART, sortable=False),
    )
    entries = tuple(_entry(row, panel, page, trend) for row in in_order(panel, sorting)[rows])
    other = panel.other
    rest = _entry(other, panel, page, trend)._replace(style=Style.QUIET) if other.window.count else None
    return Sheet(panel.title, columns, entries, rest)


def in_order(panel: Panel, sorting: Sorting) -> Sequence[Row]:
    """The rows, sorted. What has no value comes last either way."""
    if sorting == natural(panel):
        return panel.rows
    if sorting.column == KEY:
        return sorted(panel.rows, key=lambda row: row.key, reverse=not sorting.descending)
    known = [(_value(row.window, sorting.column), row) for row in panel.rows]
    ranked = sorted(
        ((value, row) for value, row in known if value is not None),
        key=lambda pair: pair[0],
        reverse=sorting.descending,
    )
    return [*(row for _, row in ranked), *(row for value, row in known if value is None)]


def _value(measure: Measure, column: str) -> float | None:
    if column == HITS:
        return measure.count
    if column == BYTES:
        return measure.total
    if column == VOLUME:
        return measure.volume
    if measure.times is None:
        return None
    return measure.times.p95 if column == P95 else measure.times.average


def _entry(row: Row, panel: Panel, page: Page, trend: int) -> Entry:
    measure, times = row.window, row.window.times
    by_bytes = panel.unit is Unit.BYTES
    share = (measure.total, panel.whole.total) if by_bytes else (measure.count, panel.whole.count)
    texts = (
        OTHER if row is panel.other else page.text(row.key) or NO_KEY,
        figures.count(measure.count),
        figures.percent(*share),
        figures.volume(measure.total if by_bytes else measure.volume),
        figures.latency(times.average) if times else figures.NOTHING,
        figures.latency(times.p95) if times else figures.NOTHING,
        trend_text(figures.trend(row, panel), trend, page),
    )
    return Entry(row.key, texts)


def trend_text(counts: Sequence[float], width: int, page: Page) -> str:
    """One block for each slice, or for several; a space for none at all."""
    step = max(1, len(counts) // width)
    joined = [sum(counts[place : place + step]) for place in range(0, len(counts), step)][-width:]
    highest = max(joined, default=0)
    return "".join(page.blocks[min(7, round(7 * count / highest))] if count else " " for count in joined)

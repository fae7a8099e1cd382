"""A top list as a table: hits, shares, and what its statistic can fill of errors, volume, average and p95 of the time,
and a trend. Pure.
"""

from collections.abc import Sequence

from dashboard.full.desk import Scene
from dashboard.full.table import Entry, Sorting, TableColumn, TableContent
from dashboard.panel_lines import NO_KEY
from stats.statistic import Unit
from store.sums import OTHER
from view import figures
from view.page import Page, Style
from view.panel import Measure, Panel, Row

KEY, HITS, SHARE, VOLUME, BYTES, AVERAGE, P95, TREND = (
    "key", "hits", "share", "volume", "bytes", "average", "p95", "trend",
)  # fmt: skip
CLIENT_ERRORS, SERVER_ERRORS = "4xx", "5xx"
WIDE = 96
"""Width of a page from which a trend shows every slice; below it, two slices share a block."""
FIRST = {Unit.HITS: HITS, Unit.BYTES: BYTES, Unit.SECONDS: AVERAGE}
"""The column that ranks a statistic, by its unit."""


class PanelTable:
    """Lists the top keys of a statistic."""

    follows = False

    def __init__(self, name: str) -> None:
        self.name = name

    def panel(self, scene: Scene) -> Panel:
        """Find the panel in this scene."""
        return next(panel for panel in scene.view.panels if panel.name == self.name)

    def natural(self, scene: Scene) -> Sorting:
        """Keep the order of the store."""
        return natural(self.panel(scene))

    def sortable(self, scene: Scene) -> Sequence[str]:
        """Offer the figures and the key."""
        return sortable(self.panel(scene))

    def identities(self, scene: Scene, sorting: Sorting) -> list[str]:
        """Identify a row by its key."""
        return [row.key for row in in_order(self.panel(scene), sorting)]

    def rows(self, scene: Scene) -> int:
        """Count the keys."""
        return len(self.panel(scene).rows)

    def has_rest(self, scene: Scene) -> bool:
        """Return whether there are more keys than rows."""
        return self.panel(scene).other.window.count > 0

    def content(self, scene: Scene, sorting: Sorting, rows: slice, page: Page) -> TableContent:
        """Return those rows, and the sum of the rest below them."""
        return panel_content(self.panel(scene), sorting, rows, page)


def natural(panel: Panel) -> Sorting:
    """Return the order in which the store ranks this statistic."""
    return Sorting(FIRST[panel.unit])


def sortable(panel: Panel) -> tuple[str, ...]:
    """List the columns that a panel can be sorted by, its natural one first."""
    errors = (SERVER_ERRORS, CLIENT_ERRORS) if panel.responses else ()
    amount = (_amount(panel),) if panel.has_bytes else ()
    times = (AVERAGE, P95) if panel.has_times else ()
    names = (HITS, *errors, *amount, *times, KEY)
    first = FIRST[panel.unit]
    return (first, *(name for name in names if name != first))


def _amount(panel: Panel) -> str:
    return BYTES if panel.unit is Unit.BYTES else VOLUME


def panel_content(panel: Panel, sorting: Sorting, rows: slice, page: Page) -> TableContent:
    """Show those rows of a panel in the order of `sorting`; `(other)` stays at the bottom."""
    trend = 12 if page.width >= WIDE else 6
    columns = _columns(panel, trend)
    names = [column.name for column in columns]
    entries = tuple(_entry(row, panel, page, trend, names) for row in in_order(panel, sorting)[rows])
    other = panel.other
    rest = _entry(other, panel, page, trend, names)._replace(style=Style.QUIET) if other.window.count else None
    return TableContent(panel.title, columns, entries, rest)


def _columns(panel: Panel, trend: int) -> tuple[TableColumn, ...]:
    """Return the columns that the statistic can fill; which these are does not depend on the traffic."""
    errors = (TableColumn(CLIENT_ERRORS, 6, spare=2), TableColumn(SERVER_ERRORS, 6, spare=1))
    return (
        TableColumn(KEY, left=True),
        TableColumn(HITS, 7),
        TableColumn(SHARE, 7, spare=5, sortable=False),
        *(errors if panel.responses else ()),
        *((TableColumn(_amount(panel), 8, spare=4),) if panel.has_bytes else ()),
        *((TableColumn(AVERAGE, 8, spare=3), TableColumn(P95, 8)) if panel.has_times else ()),
        TableColumn(TREND, trend, left=True, spare=6, style=Style.CHART, sortable=False),
    )


def in_order(panel: Panel, sorting: Sorting) -> Sequence[Row]:
    """Sort the rows; those without a value come last in either direction."""
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
    if column in (CLIENT_ERRORS, SERVER_ERRORS):
        errors = measure.client_errors if column == CLIENT_ERRORS else measure.server_errors
        return errors / measure.count if measure.count else None
    if measure.times is None:
        return None
    return measure.times.p95 if column == P95 else measure.times.average


def _entry(row: Row, panel: Panel, page: Page, trend: int, names: Sequence[str]) -> Entry:
    measure, times = row.window, row.window.times
    share = (measure.total, panel.whole.total) if panel.unit is Unit.BYTES else (measure.count, panel.whole.count)
    texts = {
        KEY: OTHER if row is panel.other else page.text(row.key) or NO_KEY,
        HITS: figures.count(measure.count),
        SHARE: figures.percent(*share),
        CLIENT_ERRORS: figures.errors(measure.client_errors, measure),
        SERVER_ERRORS: figures.errors(measure.server_errors, measure),
        BYTES: figures.volume(measure.total),
        VOLUME: figures.volume(measure.volume),
        AVERAGE: figures.latency(times.average) if times else figures.NOTHING,
        P95: figures.latency(times.p95) if times else figures.NOTHING,
        TREND: trend_text(figures.trend(row, panel), trend, page),
    }
    return Entry(row.key, tuple(texts[name] for name in names))


def trend_text(counts: Sequence[float], width: int, page: Page) -> str:
    """Draw a block for each slice, or for several; a slice without hits is a space."""
    step = max(1, len(counts) // width)
    joined = [sum(counts[place : place + step]) for place in range(0, len(counts), step)][-width:]
    highest = max(joined, default=0)
    return "".join(page.blocks[min(7, round(7 * count / highest))] if count else " " for count in joined)

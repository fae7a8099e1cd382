"""Sums become the rows and panels of a View. Pure."""

from dashboard.view import Measure, Panel, Row, Times
from stats.statistic import HITS, Statistic, Unit
from store.store import Store
from store.sums import Sums, TopRow


def panel(store: Store, statistic: Statistic, limit: int, window: float | None) -> Panel:
    """The top list of a statistic in a window, of at most `limit` rows."""
    top = store.top(statistic.name, limit, window)
    unit = statistic.unit
    *rows, other = (_row(row, unit) for row in (*top.rows, top.other))
    return Panel(statistic.name, statistic.title, unit, tuple(rows), other, measure(top.whole, unit), *top.slicing)


def measure(sums: Sums, unit: Unit = HITS) -> Measure:
    """What a screen shows of sums."""
    return Measure(sums.count, sums.total(unit), sums.bytes, _times(sums))


def _row(row: TopRow, unit: Unit) -> Row:
    return Row(row.key, measure(row.recent, unit), measure(row.window, unit), row.trend)


def _times(sums: Sums) -> Times | None:
    average, slowest = sums.average, sums.times.slowest
    p50, p90, p95, p99 = sums.times.quantiles(0.5, 0.9, 0.95, 0.99)
    if average is None or slowest is None:
        return None
    return Times(average, p50, p90, p95, p99, slowest)

"""Prepares the top lists of the page: texts and lengths of bars. Pure."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from outputs.report.plots import bars, scale, share
from stats.statistic import Unit
from view import figures
from view.panel import Measure, Panel

NO_KEY: Final = "(empty)"
_TREND: Final = 2
"""Minimum slices with hits for a meaningful trend."""


class Column(NamedTuple):
    """One column of a top list."""

    heading: str
    text: Callable[[Measure], str]


class Line(NamedTuple):
    """One row of a top list."""

    key: str
    is_other: bool
    cells: tuple[str, ...]
    share: str
    bar: float
    trend: str
    """The path of the trend; empty without hits."""


class Table(NamedTuple):
    """A top list."""

    name: str
    title: str
    headings: tuple[str, ...]
    """Headings of the cells; the list is ranked by the first."""
    shares: str
    """Heading of the bars."""
    has_trend: bool
    lines: tuple[Line, ...]


def _hits(measure: Measure) -> str:
    return figures.count(measure.count)


def _total(measure: Measure) -> str:
    return figures.volume(measure.total)


def _volume(measure: Measure) -> str:
    return figures.volume(measure.volume)


def _average(measure: Measure) -> str:
    return figures.latency(measure.times.average) if measure.times else figures.NOTHING


def _median(measure: Measure) -> str:
    return figures.latency(measure.times.p50) if measure.times else figures.NOTHING


def _p95(measure: Measure) -> str:
    return figures.latency(measure.times.p95) if measure.times else figures.NOTHING


def _slowest(measure: Measure) -> str:
    return figures.latency(measure.times.slowest) if measure.times else figures.NOTHING


def _client_errors(measure: Measure) -> str:
    return figures.errors(measure.client_errors, measure)


def _server_errors(measure: Measure) -> str:
    return figures.errors(measure.server_errors, measure)


_HITS, _BYTES, _VOLUME = Column("Hits", _hits), Column("Bytes", _total), Column("Volume", _volume)
_AVERAGE, _P95 = Column("Average", _average), Column("p95", _p95)
_FIRST: Final = {
    Unit.HITS: (_HITS,),
    Unit.BYTES: (_BYTES, _HITS),
    Unit.SECONDS: (_AVERAGE, Column("Median", _median), _P95, Column("Slowest", _slowest), _HITS),
}
_RESPONSES: Final = {Unit.HITS: (_VOLUME, _AVERAGE, _P95), Unit.BYTES: (_AVERAGE, _P95), Unit.SECONDS: ()}
"""Columns of statistics that count responses; others could not fill them."""
_ERRORS: Final = (Column("4xx", _client_errors), Column("5xx", _server_errors))


def table(panel: Panel) -> Table:
    """A top list of the window."""
    rows = [(row.key or NO_KEY, row) for row in panel.rows]
    rest = [(panel.other.key, panel.other)] if panel.other.window.count or panel.other.window.total else []
    has_trend = any(sum(map(bool, row.trend)) >= _TREND for _, row in rows)
    weights = [_weight(row.window, panel.unit) for _, row in rows + rest]
    whole = _whole(panel, weights)
    columns = (*_FIRST[panel.unit], *((*_RESPONSES[panel.unit], *_ERRORS) if panel.responses else ()))
    lines = [
        Line(
            key=key,
            is_other=row is panel.other,
            cells=tuple(column.text(row.window) for column in columns),
            share="" if panel.unit is Unit.SECONDS else figures.percent(weight, whole),
            bar=share(weight, whole),
            trend=_trend(figures.trend(row, panel)),
        )
        for (key, row), weight in zip(rows + rest, weights, strict=True)
    ]
    shares = "Compared" if panel.unit is Unit.SECONDS else "Share"
    headings = tuple(column.heading for column in columns)
    return Table(panel.name, panel.title, headings, shares, has_trend, tuple(lines))


def _trend(counts: Sequence[float]) -> str:
    return bars(counts, scale(max(counts, default=0.0)))


def _weight(measure: Measure, unit: Unit) -> float:
    if unit is Unit.HITS:
        return measure.count
    if unit is Unit.BYTES:
        return measure.total
    return measure.total / measure.count if measure.count else 0.0


def _whole(panel: Panel, weights: Sequence[float]) -> float:
    """Return the value of a full bar: the sum, or the highest value if a sum means nothing."""
    return max(weights, default=0.0) if panel.unit is Unit.SECONDS else _weight(panel.whole, panel.unit)

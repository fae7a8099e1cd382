"""The request rate over time: bars, with the baseline and the limit drawn in, and alerts marked on the axis. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import floor
from typing import NamedTuple

from alerting.events import REQUEST_RATE
from dashboard.full.scale import Columns, top_of_scale
from view import figures
from view.page import Line, Page, Piece, Style
from view.view import AlertView, Chart, View

ALERT = "!"
"""Marks a time of alert on the axis."""
SHORT = 900
"""Seconds of a window whose axis tells seconds."""
FEW = 12
"""Slices that are no chart."""
LATEST = 60
"""Buckets that are drawn instead."""


class Strokes(NamedTuple):
    """The characters that lines are drawn with."""

    baseline: str
    limit: str
    both: str
    side: str
    corner: str
    axis: str


UNICODE = Strokes("┄", "─", "═", "│", "└", "─")
ASCII = Strokes(".", "-", "=", "|", "+", "-")


class Stroke(NamedTuple):
    """A line through one row of the chart."""

    character: str
    inside: str
    """Where a bar is behind it."""
    style: Style
    value: float | None
    """What it stands for."""


class Marks(NamedTuple):
    """What is drawn into a chart beside its bars."""

    baseline: float | None = None
    """In requests per second; None while it is learned."""
    limit: float | None = None
    alerts: Sequence[AlertView] = ()
    now: float = 0.0
    """Until when an active alert lasts."""


def marks(view: View) -> Marks:
    """The baseline, the limit and the alerts of the request rate; none in a filtered View, as they are of all."""
    if view.filter is not None:
        return Marks()
    alerts = [alert for alert in view.alerts if alert.signal == REQUEST_RATE]
    enforcing = view.enforcing
    if enforcing is None or enforcing.bucket_size <= 0:
        return Marks(alerts=alerts, now=view.now)
    size = enforcing.bucket_size
    return Marks(enforcing.baseline / size, enforcing.limit / size, alerts, view.now)


def chart_lines(chart: Chart | None, marks: Marks, page: Page) -> list[Line]:
    """The chart in all lines of the page: a heading, the bars, and the axis."""
    height = page.height or 6
    if chart is None or not chart.rates:
        return [(Piece("Requests/s", Style.HEADING), Piece("   nothing yet", Style.QUIET))]
    lines = [_heading(chart, marks, page)]
    if height < 4:
        return lines[:height]
    plot = Plot(chart, marks, page)
    return [*lines, *plot.rows(height - 2), plot.axis()]


def drawn(view: View) -> Chart | None:
    """The chart of the window; where that is hardly more than a bucket, the latest buckets."""
    chart, rates = view.chart, view.request_rate
    if not rates or (chart is not None and len(chart.rates) >= FEW):
        return chart
    latest = rates[-LATEST:]
    end = view.now // view.bucket_size * view.bucket_size
    return Chart(end - len(latest) * view.bucket_size, view.bucket_size, latest)


def _heading(chart: Chart, marks: Marks, page: Page) -> Line:
    strokes = ASCII if page.ascii_only else UNICODE
    items: list[Line] = [
        (Piece("Requests/s", Style.HEADING),),
        (Piece(f"now {figures.rate(chart.rates[-1])}", Style.NAME),),
        (Piece(f"peak {figures.rate(max(chart.rates))}"),),
    ]
    if marks.limit is not None:
        items.append((Piece(strokes.limit * 2, Style.LIMIT), Piece(f" limit {figures.rate(marks.limit)}")))
    if marks.baseline is not None:
        items.append((Piece(strokes.baseline * 2, Style.QUIET), Piece(f" baseline {figures.rate(marks.baseline)}")))
    return page.flow(items, gap=2)[0]


class Plot:
    """Bars in a frame. Each row stands for eight steps."""

    def __init__(self, chart: Chart, marks: Marks, page: Page) -> None:
        self._chart, self._marks, self._page = chart, marks, page
        self._strokes = ASCII if page.ascii_only else UNICODE
        self._top = top_of_scale(max(*chart.rates, marks.limit or 0.0, marks.baseline or 0.0))
        self._gutter = max(5, len(figures.rate(self._top)))
        room = max(1, page.width - self._gutter - 2)
        self._columns = Columns.of(chart, room)
        values = self._columns.spread(chart.rates, max)
        self._before = room - len(values)
        """Columns without a bar, as the latest one is at the right edge."""
        self._values = [0.0] * self._before + values

    def rows(self, height: int) -> Iterator[Line]:
        """The bars, the highest row first, behind their scale."""
        lines = self._lines(height)
        for row in range(height - 1, -1, -1):
            line = lines.get(row, Stroke(" ", " ", Style.PLAIN, self._top if row == height - 1 else None))
            label = "" if line.value is None else figures.rate(line.value)
            style = Style.LIMIT if line.style is Style.LIMIT else Style.QUIET
            yield (Piece(f"{label:>{self._gutter}} {self._strokes.side}", style), *self._row(row, height, line))

    def axis(self) -> Line:
        """Times of day at both ends and in the middle, and marks where there was an alert."""
        axis = [self._strokes.axis] * len(self._values)
        for alert in self._marks.alerts:
            for column in range(*self._between(alert.start, self._marks.now if alert.end is None else alert.end)):
                axis[column] = ALERT
        self._write_times(axis)
        zero = Piece(f"{'0':>{self._gutter}} {self._strokes.corner}", Style.QUIET)
        runs = ("".join(run) for _, run in groupby(axis, key=lambda character: character == ALERT))
        return (zero, *(Piece(run, Style.ALARM if run[0] == ALERT else Style.QUIET) for run in runs))

    def _row(self, row: int, height: int, line: Stroke) -> Iterator[Piece]:
        limit = self._marks.limit
        over = height if limit is None else self._steps(limit, height) // 8
        drawn = []
        for value in self._values:
            steps = self._steps(value, height) - 8 * row
            exceeds = limit is not None and value > limit
            style = Style.OVER if exceeds and row >= over else Style.CHART
            bar = (self._page.blocks[max(0, min(steps, 8) - 1)], style)
            if steps <= 0:
                bar = (line.character, line.style)
            elif exceeds and steps >= 8 and line.style is Style.LIMIT:
                bar = (line.inside, Style.LIMIT_INSIDE)
            drawn.append(bar)
        for style, run in groupby(drawn, key=lambda cell: cell[1]):
            yield Piece("".join(character for character, _ in run), style)

    def _lines(self, height: int) -> dict[int, Stroke]:
        """Rows that a line is drawn through."""
        rows: dict[int, Stroke] = {}
        baseline, limit = self._marks.baseline, self._marks.limit
        if baseline is not None:
            rows[self._row_of(baseline, height)] = Stroke(self._strokes.baseline, "", Style.QUIET, baseline)
        if limit is not None:
            row = self._row_of(limit, height)
            character = self._strokes.both if row in rows else self._strokes.limit
            rows[row] = Stroke(character, character, Style.LIMIT, limit)
        return rows

    def _row_of(self, value: float, height: int) -> int:
        return min(height - 1, max(0, self._steps(value, height) - 1) // 8)

    def _steps(self, value: float, height: int) -> int:
        """Eighths of a row; what is not zero shows."""
        return max(1, round(8 * height * value / self._top)) if value > 0 else 0

    def _between(self, start: float, end: float) -> tuple[int, int]:
        """The columns of a span of time."""
        width, count = self._chart.width, len(self._values)
        if width <= 0:
            return 0, 0
        first, last = (self._column((moment - self._chart.start) / width) for moment in (start, end))
        if last < self._before or first >= count:
            return 0, 0
        return max(self._before, first), min(count, max(last, first + 1))

    def _column(self, slices: float) -> int:
        group, repeat, first = self._columns
        if group == 1:
            return self._before + floor(slices * repeat)
        return self._before + floor((slices + first % group) / group)

    def _write_times(self, axis: list[str]) -> None:
        span = self._chart.width * len(self._chart.rates)
        digits = 8 if span <= SHORT else 5
        columns = len(axis) - self._before
        for share in (0.0, 0.5, 1.0) if columns >= 40 else (0.0, 1.0):
            text = self._moment(self._chart.start + share * span)[:digits]
            place = self._before + round(share * (columns - len(text)))
            if columns >= 2 * len(text) + 4 and ALERT not in axis[place : place + len(text)]:
                axis[place : place + len(text)] = list(text)

    def _moment(self, time: float) -> str:
        return figures.moment(time, self._page.zone)
